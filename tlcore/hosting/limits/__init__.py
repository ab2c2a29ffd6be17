"""How much a visitor and all of them may use, how much they use, and the care of the disk."""
