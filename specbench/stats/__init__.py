"""Correlations, agreement and their uncertainty: pure functions of arrays."""
