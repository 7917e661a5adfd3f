"""Training one network: loop, batches, evaluation, checkpoints."""
