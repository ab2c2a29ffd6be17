"""Tables in, Plotly figures out. Nothing here knows of files, models or pages."""
