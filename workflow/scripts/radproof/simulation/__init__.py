"""Simulation: a phantom cohort whose truth is known."""
