"""Kinds of selection step: each takes features of the patients fitted on, and leaves some out."""
