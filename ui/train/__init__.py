"""The parts of the Train page: the form, the plan, starting runs, and watching them."""
