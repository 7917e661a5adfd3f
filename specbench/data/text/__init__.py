"""Texts with labels: files read, cut into word pieces, and packed."""
