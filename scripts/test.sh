#!/usr/bin/env bash
# The whole test suite, with and without libtorch. Both share one target folder and one profile, so the dependencies are
# compiled once. The last line counts.
set -euo pipefail
cd "$(dirname "$0")/.."
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE}
# Tests run side by side; one thread each keeps them from waiting for each other.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
# A snapshot that differs is a failure, never a file left to accept.
export INSTA_UPDATE=no
log=$(mktemp)
# Tests that skip themselves pass for the runner; each says so in the file that DSC_SKIPPED names, one file a run.
skips=$(mktemp -d)
trap 'rm -rf "$log" "$skips"' EXIT
say() { echo "== $*"; }

say format
cargo fmt --check
for features in "" --no-default-features; do
  say "lint ${features:-with libtorch}"
  cargo clippy --all-targets $features -- -D warnings
done
for features in --no-default-features ""; do
  say "test ${features:-with libtorch}"
  export DSC_SKIPPED=$skips/${features:-torch}
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run $features --no-fail-fast --status-level fail 2>&1 | tee -a "$log"
  else
    cargo test --no-fail-fast --lib --bins --tests $features 2>&1 | tee -a "$log"
  fi
done
say "examples in the documentation"
unset DSC_SKIPPED
# rustdoc does not take the library path from the build
LD_LIBRARY_PATH="${LIBTORCH:+$LIBTORCH/lib}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" cargo test --doc 2>&1 | tee -a "$log"
say documentation
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --quiet
say snapshots
scripts/snapshots.sh

scripts/summary.sh "$log" "$skips"
