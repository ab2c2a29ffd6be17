"""What a dataset can be read from: class folders, tables, torchvision's datasets, the demo."""
