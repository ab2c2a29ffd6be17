"""What stands between the library and the machine: folders, files, devices, memory, other processes."""
