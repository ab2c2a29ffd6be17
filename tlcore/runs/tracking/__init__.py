"""Experiment trackers: a run is followed in TensorBoard, MLflow or Weights & Biases, through Accelerate's trackers."""
