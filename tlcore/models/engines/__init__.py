"""Run a network in eval mode by the fastest engine that gives torch's answers: folded torch, or ONNX Runtime."""
