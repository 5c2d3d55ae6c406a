# Each figure is drawn from tables, and leaves the plotted numbers beside it.
