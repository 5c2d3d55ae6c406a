"""Kinds of model: one module each, with ``fit`` and ``predict``."""
