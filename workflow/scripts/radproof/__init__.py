"""Radproof: imaging-biomarker studies that anyone can rerun, trace and challenge."""

import os

# Numerical libraries read these when they are first imported. One thread each: a sum that is
# split over threads rounds differently at another number of cores.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[_name] = "1"
