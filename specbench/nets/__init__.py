"""Encoders, decoders and the networks built from them."""
