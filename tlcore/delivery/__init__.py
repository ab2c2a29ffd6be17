"""How a model leaves: exported files."""
