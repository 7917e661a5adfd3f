"""A study file: read, validated, resolved."""
