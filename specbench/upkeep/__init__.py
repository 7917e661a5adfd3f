"""Care of a results folder: is everything as it was written, what is no longer needed."""
