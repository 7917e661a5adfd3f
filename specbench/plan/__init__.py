"""A study expanded into jobs with content keys and needs."""
