"""What a dataset can be made from: class folders, tables, torchvision's sets, the demo."""
