"""Two studies and more side by side, on one page of their own."""
