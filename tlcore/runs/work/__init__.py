"""Who trains a run, and when: workers, the queue, trials."""
