"""How datasets are added: uploads, archives, names, and the library of available datasets."""
