"""Recipes: exercises that people learn from, as settings that can be trained, and explained."""
