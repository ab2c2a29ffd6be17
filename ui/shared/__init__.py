"""What several pages use: state, caches, pickers, pictures. The only home of session keys that pages share."""
