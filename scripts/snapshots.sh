#!/usr/bin/env bash
# snapshots.sh REFERENCES: checks that every snapshot file is used by an assertion. REFERENCES is the file that insta wrote during a
# run of all tests (INSTA_SNAPSHOT_REFERENCES_FILE). `cargo insta test --unreferenced=reject` does the same, but needs cargo-insta.
set -euo pipefail
cd "$(dirname "$0")/.."
references=$1
status=0
fail() { echo "error: $1" >&2; status=1; }
[ -s "$references" ] || fail "no test used a snapshot: $references is missing or empty"
compared=$(sort -u "$references" 2>/dev/null | while read -r file; do realpath -q "$file" || true; done)
while IFS= read -r -d '' snap; do
  grep -qxF "$(realpath "$snap")" <<<"$compared" || fail "$snap: not used by any assertion; delete it or correct the test"
done < <(find src tests crates -name '*.snap' -print0)
stray=$(find src tests crates -name '*.snap.new' -o -name '.*.pending-snap')
[ -z "$stray" ] || fail "snapshots that are not accepted or rejected: $stray"
exit $status
