"""Dossier: claims, lineage, tracked runs and the report."""
