"""The parts of the Overview page: the strip of images, and the table of the best runs."""
