"""Optimisers, schedules and losses, each in its table."""
