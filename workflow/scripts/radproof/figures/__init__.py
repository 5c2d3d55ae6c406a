"""Figures: each drawn from tables, with the plotted numbers beside it."""
