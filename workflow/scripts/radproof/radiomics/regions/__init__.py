"""Kinds of region: one module each, with ``derive``."""
