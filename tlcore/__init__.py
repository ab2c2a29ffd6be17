"""Transfer Lab's library: teach a pretrained image classifier a new task, and measure how well that went.

Importing this package costs nothing: torch is imported by the modules that need it.
"""

__version__ = "0.1.0"
