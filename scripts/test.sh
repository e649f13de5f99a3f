#!/usr/bin/env bash
# The whole test suite. Programs and tests are built by one compilation; the program without libtorch is checked with libtorch
# hidden. The last line is the summary.
set -euo pipefail
cd "$(dirname "$0")/.."
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE}
# Tests run in parallel, so each uses one thread.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
# A snapshot that differs is a failure, not a pending file.
export INSTA_UPDATE=no
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
log=$scratch/log
# Tests that skip themselves pass in the runner; each adds a line to this file.
export DSC_SKIPPED=$scratch/skipped
# Every assertion adds the snapshot that it uses.
export INSTA_SNAPSHOT_REFERENCES_FILE=$scratch/snapshots
say() { echo "== $*"; }

say format
cargo fmt --check
say lint
cargo clippy --workspace --all-targets -- -D warnings
say "without libtorch"
# libtorch is hidden: code that needs it would not compile.
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
# rustdoc does not use the library path of the build
LD_LIBRARY_PATH="${LIBTORCH:+$LIBTORCH/lib}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" cargo test --workspace --doc 2>&1 | tee -a "$log"
say documentation
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

scripts/summary.sh "$log" "$scratch/skipped"
