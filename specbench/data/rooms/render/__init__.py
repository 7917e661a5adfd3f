"""Ray casting and light: from a furnished room to a picture."""
