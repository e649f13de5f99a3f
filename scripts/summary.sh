#!/usr/bin/env bash
# summary.sh LOG SKIPS: the last lines of a test run. LOG holds what the runners printed; SKIPS is a folder with a file for
# each run, in which tests that skip themselves said so: "SKIPPED data::tests::mosi_real: ../shared is absent (..)".
set -euo pipefail
log=$1 skips=$2

# Of a run each test once, however many parts of it were skipped.
TOLD=$(for file in "$skips"/*; do
  [ ! -f "$file" ] || sort -u "$file" | awk -F': ' '!seen[$1]++'
done)
export TOLD
if [ -n "$TOLD" ]; then
  echo "== skipped"
  sort -u <<<"$TOLD"
fi
# nextest: "Summary [..] 12 tests run: 12 passed, 1 skipped"; cargo test: "test result: ok. 12 passed; 0 failed; .."
# Tests that skip themselves pass for both.
awk '
  BEGIN {
    n = split(ENVIRON["TOLD"], lines, "\n")
    for (i = 1; i <= n; i++) {
      reason = lines[i]
      sub(/^SKIPPED [^ ]*: /, "", reason)
      sub(/ \(.*/, "", reason)
      if (!(reason in count)) order[++reasons] = reason
      count[reason]++
      themselves++
    }
  }
  { gsub(/\033\[[0-9;]*m/, "") }
  /Summary \[/ || /^test result:/ {
    for (i = 1; i < NF; i++) {
      if ($(i + 1) ~ /^passed/) passed += $i
      if ($(i + 1) ~ /^(failed|timed)/) failed += $i
      if ($(i + 1) ~ /^(skipped|ignored)/) skipped += $i
    }
  }
  END {
    printf "all green: %d tests passed, %d failed, %d skipped", passed - themselves, failed, skipped + themselves
    for (i = 1; i <= reasons; i++) printf "%s%d: %s", (i == 1 ? " (" : "; "), count[order[i]], order[i]
    print (reasons ? ")" : "")
  }
' "$log"
