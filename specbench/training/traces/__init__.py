"""Traces: what the tasks' gradients and look-aheads are along a training."""
