#!/bin/sh
# Builds .venv from envs/cpu.lock. Says in one line what this machine lacks.
set -eu

PYTHON=${PYTHON:-python3}
UV_VERSION=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' envs/cpu.lock)

stop() {
    echo "setup: $1" >&2
    exit 2
}

command -v "$PYTHON" >/dev/null || stop "no $PYTHON here; install Python 3.11 or say PYTHON=..."
"$PYTHON" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' ||
    stop "$("$PYTHON" --version) found, Python 3.11 is needed; say PYTHON=python3.11"
"$PYTHON" -c 'import venv, ensurepip' 2>/dev/null ||
    stop "this Python has no venv; install python3.11-venv"
command -v gcc >/dev/null || stop "no gcc here; PyRadiomics is compiled during setup, install gcc"
free_mb=$(df -Pm . | awk 'NR==2 {print $4}')
[ "$free_mb" -ge 6000 ] || stop "only $free_mb MB free here, 6000 MB are needed"

[ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
.venv/bin/python -m uv pip sync --quiet --python .venv/bin/python --require-hashes envs/cpu.lock
.venv/bin/python -m uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
.venv/bin/radproof --help >/dev/null || stop "the command radproof does not start"
touch .venv/.ready
