"""The parts of the Compare page: accuracy, epochs, confusion, classes, images, pairs, downloads, imports."""
