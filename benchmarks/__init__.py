"""Benchmarks: each script measures tlcore and a plain training loop on this machine and prints the ratio.

python -m benchmarks.frozen_training     cold cache, warm cache, and one decode-and-forward pass
python -m benchmarks.evaluation          13 checkpoints, features not yet cached, then cached
python -m benchmarks.fine_tuning         images/s of mobilenet_v2 and resnet18
python -m benchmarks.accuracy            validation accuracy with the default settings, 5 seeds
python -m benchmarks.passes              one pass through a network: as in tutorials, ours, ONNX Runtime, decoding
python -m benchmarks.batch_prediction  `predict FOLDER` beside the bare pass over the same photographs
python -m benchmarks.frozen_views        accuracy and time of augmented views for a frozen backbone
python -m benchmarks.label_ranking       doubtful labels: our ranking and confident learning, 5 seeds
python -m benchmarks.serving             the web service with 1, 8 and 32 clients, beside the bare pass
python -m benchmarks.hosted              a hosted dashboard with 40 visitors: page times, memory, whose bytes are whose
"""
