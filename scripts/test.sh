#!/usr/bin/env bash
# The whole test suite. One compilation serves programs and tests; the program without libtorch is compiled where libtorch cannot
# be found. The last line counts.
set -euo pipefail
cd "$(dirname "$0")/.."
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE}
# Tests run side by side; one thread each keeps them from waiting for each other.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
# A snapshot that differs is a failure, never a file left to accept.
export INSTA_UPDATE=no
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
log=$scratch/log
# Tests that skip themselves pass for the runner; each says so in this file.
export DSC_SKIPPED=$scratch/skipped
# Every assertion adds the snapshot that it compares with.
export INSTA_SNAPSHOT_REFERENCES_FILE=$scratch/snapshots
say() { echo "== $*"; }

say format
cargo fmt --check
say lint
cargo clippy --workspace --all-targets -- -D warnings
say "without libtorch"
# Nowhere to be found: what needs it would not compile.
env -u LIBTORCH -u LIBTORCH_USE_PYTORCH LIBTORCH=/nonexistent cargo clippy --no-default-features --all-targets -- -D warnings
say test
if cargo nextest --version >/dev/null 2>&1; then
  cargo nextest run --workspace --no-fail-fast --status-level fail 2>&1 | tee -a "$log"
else
  cargo test --workspace --no-fail-fast --lib --bins --tests 2>&1 | tee -a "$log"
fi
say snapshots
scripts/snapshots.sh "$INSTA_SNAPSHOT_REFERENCES_FILE"
unset DSC_SKIPPED INSTA_SNAPSHOT_REFERENCES_FILE
say "examples in the documentation"
# rustdoc does not take the library path from the build
LD_LIBRARY_PATH="${LIBTORCH:+$LIBTORCH/lib}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" cargo test --workspace --doc 2>&1 | tee -a "$log"
say documentation
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

scripts/summary.sh "$log" "$scratch/skipped"
