"""Contracts that plug-ins have to pass, as classes for pytest."""
