#!/usr/bin/env bash
# install.sh BUILD PREFIX: dsc to PREFIX/bin, the runtime to PREFIX/lib/dsc/bin. A libtorch inside the checkout is copied
# (its CPU part) to PREFIX/lib/dsc/lib, where the runtime looks first; one elsewhere stays where it is.
set -euo pipefail
checkout=$(cd "$(dirname "$0")/.." && pwd -P)
build=$1
prefix=$2
die() { echo "error: $*" >&2; exit 1; }
[ -x "$build/dsc" ] && [ -x "$build/dsc-rt" ] || die "$build holds no dsc and dsc-rt: run \`make build\`"
home=$prefix/lib/dsc
mkdir -p "$prefix/bin" "$home/bin" 2>/dev/null || die "cannot write to $prefix: choose another PREFIX"
rm -rf "$home/lib"
install -m 755 "$build/dsc" "$prefix/bin/dsc"
install -m 755 "$build/dsc-rt" "$home/bin/dsc-rt"
# what the loader takes for the runtime as built, out of the checkout
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
    die "the installed runtime misses a library: $(ldd "$home/bin/dsc-rt" | grep 'not found' | head -n 1)"
  fi
  # what `dsc doctor` shows
  "$home/bin/dsc-rt" probe | sed -n -E 's/.*"built_for": "([^"]*)".*/\1/p' >"$home/build-version"
  echo "libtorch copied to $home/lib (CPU part; for --device cuda build with LIBTORCH at a full torch outside the checkout)"
fi
echo "installed $prefix/bin/dsc"
case ":$PATH:" in *":$prefix/bin:"*) ;; *) echo "note: $prefix/bin is not on your PATH" ;; esac
