"""Half widths of intervals under a normal distribution, in standard errors."""

from scipy.special import ndtri

Z_90 = float(ndtri(0.95))
Z_95 = float(ndtri(0.975))
