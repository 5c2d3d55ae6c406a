"""The commands ``radproof stats``; libraries are imported inside each, so that help is quick."""
