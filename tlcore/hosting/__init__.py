"""What a dashboard needs that strangers can open: its settings, what each visitor may use, and the care of its disk."""
