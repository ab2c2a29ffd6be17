"""Executing runs: the worker process, the queue, and probes."""
