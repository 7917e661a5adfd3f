"""Runs what is not done, on an executor."""
