"""The parts of the Train page: the form, the plan, the live run."""
