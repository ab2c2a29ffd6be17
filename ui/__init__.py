"""What the pages share. Asks `tlcore`, and draws."""
