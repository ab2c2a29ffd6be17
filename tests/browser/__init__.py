"""Tests in a real browser. A package, so that they share one: a fixture of this scope ends with its folder."""
