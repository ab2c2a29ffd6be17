"""What the administrator of a hosted dashboard sees."""
