"""What a visitor of a hosted dashboard sees of the own space."""
