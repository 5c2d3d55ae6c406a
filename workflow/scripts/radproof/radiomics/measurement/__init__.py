"""What PyRadiomics measures of a mask, with as little done twice as can be."""
