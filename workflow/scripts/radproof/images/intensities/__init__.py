"""Kinds of intensity scaling: one module each, with ``scale``."""
