"""Kinds of harmonisation of features across centres."""
