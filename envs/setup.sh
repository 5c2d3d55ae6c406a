#!/bin/sh
# Builds .venv from envs/$LOCK.lock, cpu unless said otherwise. Says in one line what this machine
# lacks. With WHEELS, a folder that envs/wheels.sh filled, no package comes from anywhere else.
set -eu

PYTHON=${PYTHON:-python3}
LOCK=${LOCK:-cpu}

stop() {
    echo "setup: $1" >&2
    exit 2
}

[ -f "envs/$LOCK.lock" ] || stop "no envs/$LOCK.lock; LOCK is cpu or gpu"
command -v "$PYTHON" >/dev/null || stop "no $PYTHON here; install Python 3.11 or say PYTHON=..."
"$PYTHON" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' ||
    stop "$("$PYTHON" --version) found, Python 3.11 is needed; say PYTHON=python3.11"
"$PYTHON" -c 'import venv, ensurepip' 2>/dev/null ||
    stop "this Python has no venv; install python3.11-venv"
command -v gcc >/dev/null || stop "no gcc here; PyRadiomics is compiled during setup, install gcc"
case $LOCK in gpu) needed_mb=14000 ;; *) needed_mb=6000 ;; esac
free_mb=$(df -Pm . | awk 'NR==2 {print $4}')
[ "$free_mb" -ge $needed_mb ] || stop "only $free_mb MB free here, $needed_mb MB are needed"
if [ -n "${WHEELS:-}" ]; then
    [ -d "$WHEELS" ] || stop "no folder $WHEELS; fill it by make wheels WHEELS=$WHEELS"
    set -- --no-index --find-links "$WHEELS"
fi

UV_VERSION=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' "envs/$LOCK.lock")
uv_pip() {
    step=$1
    shift
    .venv/bin/python -m uv pip "$step" --quiet --python .venv/bin/python "$@"
}

[ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
rm -f .venv/.ready*
.venv/bin/python -m pip install --quiet --disable-pip-version-check "$@" "uv==$UV_VERSION"
# Compiled here once: where Python may not write beside its modules (a read-only folder, a container,
# PYTHONDONTWRITEBYTECODE) each job would compile them anew, TensorFlow's for six seconds.
uv_pip sync --compile-bytecode --require-hashes "$@" "envs/$LOCK.lock"
uv_pip install --no-deps --no-build-isolation "$@" --editable .
.venv/bin/python -m compileall -q workflow/scripts
.venv/bin/radproof --help >/dev/null || stop "the command radproof does not start"
touch ".venv/.ready-$LOCK"
