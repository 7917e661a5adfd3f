"""Tables as a source: a row is a sample, columns are inputs and targets."""
