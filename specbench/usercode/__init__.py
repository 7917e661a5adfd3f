"""A user's own definitions: one Python file that a study names, run only where that is allowed."""
