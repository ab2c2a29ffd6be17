"""How an image becomes the network's input: a specification as data, and what it does."""
