"""Reports read from the store's views."""
