"""Models: scores and nomograms fitted on training patients only."""
