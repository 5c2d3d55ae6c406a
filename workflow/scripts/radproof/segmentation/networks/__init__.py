"""Kinds of segmentation network: one module each, with ``build``."""
