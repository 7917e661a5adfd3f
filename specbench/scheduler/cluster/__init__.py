"""Runs tickets in allocations of an engine that does its own queueing: Slurm or Ray."""
