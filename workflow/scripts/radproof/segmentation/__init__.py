"""Segmentation: networks that draw the tumour, trained and applied without leaks."""
