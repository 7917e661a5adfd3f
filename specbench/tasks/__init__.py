"""What a network can be asked to predict: losses, metrics and normalisation."""
