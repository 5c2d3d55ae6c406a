"""Kinds of registration: one module each, with ``register``."""
