"""What only a hosted dashboard has: its server."""
