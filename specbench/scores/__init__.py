"""Affinity scores, one file each."""
