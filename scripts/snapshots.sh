#!/usr/bin/env bash
# Every snapshot file belongs to a test that asserts it. insta writes the source file of the assertion into each
# snapshot; the rest of the name is the module path and the test's function, or the name given to the assertion.
set -euo pipefail
cd "$(dirname "$0")/.."
status=0
while IFS= read -r -d '' snap; do
  fail() { echo "error: $snap: $1; delete it or mend the test" >&2; status=1; }
  source=$(sed -n -E 's/^source: "?([^"]*)"?$/\1/p' "$snap" | head -n 1)
  if [ ! -f "$source" ]; then
    fail "its test file ${source:-(none named)} does not exist"
    continue
  fi
  name=$(basename "$snap" .snap)
  name=${name##*__}
  # a second and third unnamed assertion in one test is numbered; names in a glob or a loop carry what follows an @
  name=${name%%@*}
  plain=$(sed -E 's/-[0-9]+$//' <<<"$name")
  grep -qE "fn (test_)?$plain\b|\"$name\"" "$source" || grep -q "set_snapshot_suffix\|assert_snapshot!([a-z_&(]" "$source" ||
    fail "nothing in $source asserts \`$name\`"
done < <(find src tests -name '*.snap' -print0 2>/dev/null)
stray=$(find src tests -name '*.snap.new' -o -name '.*.pending-snap' 2>/dev/null)
[ -z "$stray" ] || { echo "error: snapshots that wait for a decision: $stray" >&2; status=1; }
exit $status
