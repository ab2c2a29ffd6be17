"""The library's access to the machine: folders, files, devices, memory, other processes."""
