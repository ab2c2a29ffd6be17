"""Recipes: exercises for learners, as settings that can be trained and explained."""
