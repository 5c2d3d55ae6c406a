"""Images: raw sequences brought onto one grid per patient, in comparable intensities."""
