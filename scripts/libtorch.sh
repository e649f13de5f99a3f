#!/usr/bin/env bash
# Finds or installs libtorch and prints the line that the Makefile sets the environment from:
#   LIBTORCH=<folder with include/ and lib/>      (empty with LIBTORCH_USE_PYTORCH)
# An existing LIBTORCH or LIBTORCH_USE_PYTORCH is used and only checked. Otherwise the CPU part of the PyPI wheel is installed into
# .venv; nothing outside the checkout changes. An existing installation is reused.
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH=2.11.0
# What libtorch_cpu.so of that wheel is linked to, at the versions the wheel pins; the other CUDA packages (3.5 GB) are
# needed for --device cuda only.
PACKAGES=("torch==$TORCH" nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85)
VENV=.venv
STAMP=$VENV/.dsc-setup

die() { echo "error: $*" >&2; exit 1; }

command -v cargo >/dev/null || die "cargo is missing: install Rust 1.89 or newer (https://rustup.rs)"
"${CXX:-c++}" --version >/dev/null 2>&1 || die "no C++ compiler: install g++ or clang++ (with C++17), or set CXX"

# version FOLDER: the version of a libtorch, from its headers or files
version() {
  local h=$1/include/torch/headeronly/version.h
  if [ -f "$h" ]; then
    sed -n -E 's/^#define TORCH_VERSION_(MAJOR|MINOR|PATCH) +([0-9]+).*/\2/p' "$h" | paste -sd.
  elif [ -f "$1/version.py" ]; then
    sed -n -E "s/^__version__ = '([^'+]*).*/\1/p" "$1/version.py"
  elif [ -f "$1/build-version" ]; then
    cut -d+ -f1 "$1/build-version"
  fi
}

check() { # FOLDER NAME
  [ -f "$1/lib/libtorch_cpu.so" ] || die "$2 is $1, which has no lib/libtorch_cpu.so"
  local found
  found=$(version "$1")
  case $found in
    2.11.*) ;;
    *) die "$2 is $1, which is libtorch ${found:-of unknown version}; dsc needs 2.11.x: set it to torch $TORCH, or unset it" ;;
  esac
}

if [ -n "${LIBTORCH:-}" ]; then
  check "$LIBTORCH" LIBTORCH
  echo "LIBTORCH=$LIBTORCH"
  exit
fi
if [ -n "${LIBTORCH_USE_PYTORCH:-}" ]; then
  python=python3
  [ -z "${VIRTUAL_ENV:-}" ] || python=python
  folder=$($python -c 'import torch, os; print(os.path.dirname(torch.__file__))' 2>/dev/null) ||
    die "LIBTORCH_USE_PYTORCH is set, and \`$python -c 'import torch'\` fails: install torch $TORCH there, or unset it"
  check "$folder" "the torch of $python (LIBTORCH_USE_PYTORCH)"
  echo "LIBTORCH="
  exit
fi

folder() { find "$PWD/$VENV/lib" -maxdepth 3 -type d -path '*/site-packages/torch' 2>/dev/null | head -n 1; }

if [ "$(cat $STAMP 2>/dev/null)" != "${PACKAGES[*]}" ] || [ -z "$(folder)" ]; then
  [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] ||
    die "training runs on Linux x86-64; elsewhere build the front end: cargo build --release --no-default-features"
  command -v python3 >/dev/null || die "python3 is missing: it is needed once, to download libtorch from PyPI; or set LIBTORCH"
  python3 -c 'import venv, ensurepip' 2>/dev/null ||
    die "python3 has no venv module: install it (Debian and Ubuntu: apt install python3-venv), or set LIBTORCH"
  free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
  [ "$free" -ge 3000 ] || die "libtorch needs 3 GB here while it is installed, $free MB are free; or set LIBTORCH"
  echo "installing libtorch $TORCH into $VENV (1.2 GB, once)" >&2
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  [ -x $VENV/bin/python ] && [ -x $VENV/bin/pip ] || python3 -m venv --clear $VENV >"$log" 2>&1 ||
    die "cannot create the virtual environment $VENV: $(tail -n 1 "$log")"
  $VENV/bin/python -m pip install --disable-pip-version-check --no-input --no-deps --no-compile --quiet \
    "${PACKAGES[@]}" >"$log" 2>&1 </dev/null ||
    die "cannot download libtorch $TORCH: $(grep -m 1 ERROR "$log" || tail -n 1 "$log"); try again with a network, or set LIBTORCH"
  [ -n "$(folder)" ] || die "pip did not install torch into $VENV/lib/python*/site-packages"
  echo "${PACKAGES[*]}" >$STAMP
fi
check "$(folder)" "$VENV"
echo "LIBTORCH=$(folder)"
