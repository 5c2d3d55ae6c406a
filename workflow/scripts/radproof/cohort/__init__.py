"""Cohort: who is studied, and whether every file and value that goes in is sound."""
