"""Plotly figures from tables. Nothing here depends on files, models or pages."""
