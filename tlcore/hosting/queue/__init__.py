"""What visitors want computed: asked for, waiting, carried out one after the other, whether or not the server lives."""
