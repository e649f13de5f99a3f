#!/usr/bin/env bash
# snapshots.sh REFERENCES: every snapshot file is one that an assertion compared with. REFERENCES is what insta wrote during a run
# of all tests (INSTA_SNAPSHOT_REFERENCES_FILE); `cargo insta test --unreferenced=reject` does the same with its own program.
set -euo pipefail
cd "$(dirname "$0")/.."
references=$1
status=0
fail() { echo "error: $1" >&2; status=1; }
[ -s "$references" ] || fail "no test compared with a snapshot: $references is missing or empty"
compared=$(sort -u "$references" 2>/dev/null | while read -r file; do realpath -q "$file" || true; done)
while IFS= read -r -d '' snap; do
  grep -qxF "$(realpath "$snap")" <<<"$compared" || fail "$snap: no assertion compares with it; delete it or mend the test"
done < <(find src tests crates -name '*.snap' -print0)
stray=$(find src tests crates -name '*.snap.new' -o -name '.*.pending-snap')
[ -z "$stray" ] || fail "snapshots that wait for a decision: $stray"
exit $status
