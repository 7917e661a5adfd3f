"""Choosing networks under a budget: pure functions of losses, costs and scores."""
