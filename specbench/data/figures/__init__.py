"""Tables of figures that others measured: read, checked row by row, refused with file and line."""
