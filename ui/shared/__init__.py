"""Code for several pages: state, caches, pickers, pictures. Session keys that pages share are defined only here."""
