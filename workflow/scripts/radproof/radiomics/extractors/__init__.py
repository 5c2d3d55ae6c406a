"""Kinds of feature extractor: one module each, with ``extract``."""
