"""Training: from a RunConfig to a stream of events. Nothing here writes into a run folder."""
