"""Kinds of bias-field correction: one module each, with ``correct``."""
