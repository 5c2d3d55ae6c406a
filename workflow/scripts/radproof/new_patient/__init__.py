"""A new patient by the frozen models of a finished study: outline, features, probability, page."""
