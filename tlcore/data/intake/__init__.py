"""How a dataset comes in: uploads, archives, names, the library of what is there."""
