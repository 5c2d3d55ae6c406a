"""Evaluation: discrimination, calibration, clinical use and comparisons of frozen predictions."""
