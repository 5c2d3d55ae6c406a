"""Radiomics: features of every mask, and which of them survive a change of contour."""
