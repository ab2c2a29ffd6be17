"""The parts of the Dataset page: gallery, one image, sizes and colours, health report, label check."""
