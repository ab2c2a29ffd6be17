"""The code in an exported bundle: numpy, Pillow and ONNX Runtime, without torch and without the rest of this project.

`predict` is the program that people run, `transform` what it does with an image. What they import of this project
goes into the bundle too, see `delivery.bundle`.
"""
