#!/bin/sh
# Fills the folder WHEELS with every file of envs/$LOCK.lock, and with what the few that come as
# source are built with, so that envs/setup.sh can do without a registry on such a machine.
set -eu

PYTHON=${PYTHON:-python3}
LOCK=${LOCK:-cpu}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$PYTHON" -c 'import tomllib
tools = tomllib.load(open("pyproject.toml", "rb"))["tool"]["uv"]["extra-build-dependencies"]
print(*tools["pyradiomics"], sep="\n")' >"$scratch/tools.txt"
sed -n 's/ *\\$//; /^numpy==/p' "envs/$LOCK.lock" >"$scratch/numpy.txt"

"$PYTHON" -m venv "$scratch/venv"
pip() {
    "$scratch/venv/bin/python" -m pip "$@" --quiet --disable-pip-version-check
}
# pip asks a source for its metadata, and PyRadiomics cannot answer without these.
pip install -r "$scratch/tools.txt" -c "$scratch/numpy.txt"
pip download -d "$WHEELS" -r "$scratch/tools.txt" -c "$scratch/numpy.txt"
pip download -d "$WHEELS" --no-deps --no-build-isolation --require-hashes -r "envs/$LOCK.lock"
