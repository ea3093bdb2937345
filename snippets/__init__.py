"""One file per page: each runs alone, with nothing but NumPy."""
