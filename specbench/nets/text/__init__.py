"""Encoders of texts, and the heads that read them."""
