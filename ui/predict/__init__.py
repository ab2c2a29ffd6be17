"""The parts of the Predict page: the pickers of models, their predictions, and the maps that explain them."""
