"""Procedural patterns, the look of every surface."""
