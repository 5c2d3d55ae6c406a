"""Negative control: the line after the images, repeated with outcomes that mean nothing."""
