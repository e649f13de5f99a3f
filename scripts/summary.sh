#!/usr/bin/env bash
# summary.sh LOG SKIPPED: prints the summary of a test run. LOG is the output of the test runners. SKIPPED is the file, which need
# not exist, that tests add a line to when they skip themselves: "SKIPPED data::tests::mosi_real: ../shared is absent (..)". Fails
# if a test failed or none ran.
set -euo pipefail
log=$1 skipped=$2

# Each test once, however many parts of it were skipped.
SKIPS=$([ ! -f "$skipped" ] || sort -u "$skipped" | awk -F': ' '!seen[$1]++')
export SKIPS
if [ -n "$SKIPS" ]; then
  echo "== skipped"
  sort -u <<<"$SKIPS"
fi
# nextest: "Summary [..] 12 tests run: 12 passed, 1 skipped"; cargo test: "test result: ok. 12 passed; 0 failed; .."
# Tests that skip themselves count as passed in both.
awk '
  BEGIN {
    n = split(ENVIRON["SKIPS"], lines, "\n")
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
    bad = failed || !passed
    printf "%s: %d tests passed, %d failed, %d skipped", bad ? "FAILED" : "all green", passed - themselves, failed, skipped + themselves
    for (i = 1; i <= reasons; i++) printf "%s%d: %s", (i == 1 ? " (" : "; "), count[order[i]], order[i]
    print (reasons ? ")" : "")
    exit bad
  }
' "$log"
