"""A place for each visitor: found by a cookie or an account, shared by links, taken along, deleted."""
