"""Training: from a RunConfig to a stream of events. Nothing in here writes a run folder."""
