#!/usr/bin/env bash
# install.sh BUILD PREFIX: installs dsc to PREFIX/bin and the runtime to PREFIX/lib/dsc/bin. The CPU part of a libtorch inside the
# checkout is copied to PREFIX/lib/dsc/lib, which the runtime searches first; a libtorch elsewhere is used in place.
set -euo pipefail
checkout=$(cd "$(dirname "$0")/.." && pwd -P)
build=$1
prefix=$2
die() { echo "error: $*" >&2; exit 1; }
[ -x "$build/dsc" ] && [ -x "$build/dsc-rt" ] || die "no dsc and dsc-rt in $build: run \`make build\`"
home=$prefix/lib/dsc
mkdir -p "$prefix/bin" "$home/bin" 2>/dev/null || die "cannot write to $prefix: choose another PREFIX"
rm -rf "$home/lib"
install -m 755 "$build/dsc" "$prefix/bin/dsc"
install -m 755 "$build/dsc-rt" "$home/bin/dsc-rt"
# the libraries in the checkout that the runtime is linked to
ldd "$build/dsc-rt" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | while read -r library; do
  case $(realpath "$library") in
    "$checkout"/*)
      mkdir -p "$home/lib"
      install -m 755 "$library" "$home/lib/$(basename "$library")"
      ;;
  esac
done
if [ -d "$home/lib" ]; then
  if ldd "$home/bin/dsc-rt" | grep -q 'not found'; then
    die "the installed runtime cannot find a library: $(ldd "$home/bin/dsc-rt" | grep 'not found' | head -n 1)"
  fi
  # read by `dsc doctor`
  "$home/bin/dsc-rt" probe | sed -n -E 's/.*"built_for": "([^"]*)".*/\1/p' >"$home/build-version"
  echo "libtorch copied to $home/lib (CPU part; for --device cuda build with LIBTORCH at a full torch outside the checkout)"
fi
echo "installed $prefix/bin/dsc"
case ":$PATH:" in *":$prefix/bin:"*) ;; *) echo "note: $prefix/bin is not on your PATH" ;; esac
