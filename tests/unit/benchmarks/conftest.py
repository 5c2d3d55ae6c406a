import sys

from radproof.provenance import PROJECT

# Last, as some benchmarks have names that other modules may have too.
sys.path.append(str(PROJECT / "benchmarks"))
