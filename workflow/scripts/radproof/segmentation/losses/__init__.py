"""Kinds of loss: one module each, with ``loss`` of masks and logits, each (n, y, x, 1)."""
