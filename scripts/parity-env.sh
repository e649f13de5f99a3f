#!/usr/bin/env bash
# Creates .venv-parity from tests/parity/requirements.txt, and again when that file or the stubs change.
set -euo pipefail
cd "$(dirname "$0")/.."
die() { echo "error: $*" >&2; exit 1; }
wanted=$(cat tests/parity/requirements.txt tests/parity/stub_cuda.py | sha256sum | cut -d' ' -f1)
[ "$(cat .venv-parity/.dsc-setup 2>/dev/null)" != "$wanted" ] || exit 0
python3 -c 'import venv, ensurepip' 2>/dev/null || die "python3 with its venv module is needed for the parity tests"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  die "the parity tests need Python 3.11 or newer, python3 is $(python3 -V 2>&1 | cut -d' ' -f2)"
echo "installing the parity tests' environment into .venv-parity (once)" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
python3 -m venv --clear .venv-parity >"$log" 2>&1 || die "cannot create .venv-parity: $(tail -n 1 "$log")"
.venv-parity/bin/python -m pip install --disable-pip-version-check --no-input --no-deps --no-compile --quiet \
  -r tests/parity/requirements.txt >"$log" 2>&1 </dev/null ||
  die "cannot install tests/parity/requirements.txt: $(grep -m 1 ERROR "$log" || tail -n 1 "$log")"
# The wheel of torch is linked to several GB of CUDA libraries, which are replaced by stubs to import it on a CPU.
.venv-parity/bin/python tests/parity/stub_cuda.py >"$log" 2>&1 || die "cannot make torch importable: $(tail -n 1 "$log")"
echo "$wanted" >.venv-parity/.dsc-setup
