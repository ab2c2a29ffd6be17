"""The parts of the Augmentation page: the pipeline editor, its controls, the grid of random views, saving."""
