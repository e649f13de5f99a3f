#!/usr/bin/env bash
# The rows, dtype and padding of the feature files that MMSA-FET writes.
#
# The extractor of the MMSA family pads all clips to the mean of their lengths plus three standard deviations, not to the
# longest: one long clip among short ones leaves every array longer than any clip, and many clips of nearly one length cut the
# longest. text_bert is cut likewise, so a long text loses its last token, [SEP]. Every array is float64 afterwards, token ids
# too. With the option padding_location="start" the zeros come first, and no key of the file says so: a reader that takes the
# first rows, as many as the length says, gets zeros and loses the last frames. The two functions that pad are taken from the
# wheel and run; the module around them imports detectors and aligners that are not needed.
#
# Versions: MMSA-FET 0.4.1, numpy 2.4.6
# Seen:
#   6 clips of 5 to 50 frames: 62 rows, float64
#   41 clips of 10 to 11 frames: 10 rows, float64
#   token ids, int64: 10 rows, float64, last id of the longest text 2000
#   padding at the end: rows of a clip of 2 frames [1, 1, 0, 0, 0, 0, 0, 0]
#   padding at the start: rows of a clip of 2 frames [0, 0, 0, 0, 0, 0, 1, 1]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
environment fet MMSA-FET==0.4.1 numpy==2.4.6

python_in fet <<'END'
import ast
from importlib.metadata import files

import numpy as np

source = next(f for f in files("MMSA-FET") if str(f) == "MSA_FET/dataset.py").read_text()
parts = [n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name in ("padding", "paddingSequence")]
scope = {"np": np}
exec(compile(ast.Module(parts, []), "dataset.py", "exec"), scope)
pad = scope["paddingSequence"]


def clips(lengths, width=3):
    return [np.ones((n, width), np.float32) for n in lengths]


for lengths in ([5, 5, 6, 6, 7, 50], [10] * 40 + [11]):
    arrays, rows = pad(clips(lengths), "zero", "end")
    print(f"{len(lengths)} clips of {min(lengths)} to {max(lengths)} frames: {rows} rows, {arrays.dtype}")
ids = [np.stack([np.r_[101, np.full(n - 2, 2000), 102], np.ones(n), np.zeros(n)], 1).astype(np.int64) for n in [10] * 40 + [11]]
arrays, rows = pad(ids, "zero", "end")
print(f"token ids, int64: {rows} rows, {arrays.dtype}, last id of the longest text {arrays[-1, -1, 0]:.0f}")
for location in ("end", "start"):
    arrays, _ = pad(clips([2, 4, 6]), "zero", location)
    print(f"padding at the {location}: rows of a clip of 2 frames {(arrays[0, :, 0]).astype(int).tolist()}")
END
confirm
