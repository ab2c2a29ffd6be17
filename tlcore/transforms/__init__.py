"""How an image becomes the network's input: transforms as data, and what they do to an image."""
