"""Furniture, its placing, and whole furnished rooms."""
