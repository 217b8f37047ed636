"""Rendered street scenes and objects with exact labels, from a seed, with NumPy and Pillow alone."""
