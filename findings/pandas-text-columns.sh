#!/usr/bin/env bash
# Transcripts that go from a pandas 3 table into a pickled feature file.
#
# Columns of text have a type of their own in pandas 3. df["text"].values is no numpy array any more, and where pyarrow is
# installed the pickle holds pyarrow's buffers: the file cannot be opened without pyarrow, whatever else is in it. to_numpy()
# gives an ordinary array. A missing transcript stays missing under astype(str), which pandas 2 turned into the text "None";
# to_numpy() makes it the number nan among texts.
#
# Versions: pandas 3.0.6 and 2.3.3, pyarrow 26.0.1, numpy 2.4.6
# Seen:
#   3.0.6 values: ArrowStringArray, missing cell nan, packages in the pickle: pandas, pyarrow
#   3.0.6 to_numpy(): ndarray, missing cell nan, packages in the pickle: numpy
#   3.0.6 astype(str): ['good film', nan]
#   2.3.3 values: ndarray, missing cell None, packages in the pickle: numpy
#   2.3.3 to_numpy(): ndarray, missing cell None, packages in the pickle: numpy
#   2.3.3 astype(str): ['good film', 'None']
#   values read without pyarrow: ModuleNotFoundError
#   to_numpy() read without pyarrow: ['good film', nan]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
program=$(cat <<'END'
import pickle
import pickletools

import pandas as pd

table = pd.DataFrame({"text": pd.Series(["good film", None])})
for name, column in (("values", table["text"].values), ("to_numpy()", table["text"].to_numpy())):
    data = pickle.dumps({"raw_text": column}, protocol=4)
    open(f"{pd.__version__}-{name}.pkl", "wb").write(data)
    operations = list(pickletools.genops(data))
    modules = {arg.split(".")[0] for op, arg, _ in operations if isinstance(arg, str) and arg.split(".")[0] in ("numpy", "pandas", "pyarrow")}
    print(f"{pd.__version__} {name}: {type(column).__name__}, missing cell {column[1]!r}, packages in the pickle: {', '.join(sorted(modules))}")
print(f"{pd.__version__} astype(str): {table['text'].astype(str).tolist()}")
END
)
PLAIN=(numpy==2.4.6 python-dateutil==2.9.0.post0 six==1.17.0 pytz==2025.2 tzdata==2025.2)
environment reader pandas==3.0.6 "${PLAIN[@]}"
environment writer pandas==3.0.6 pyarrow==26.0.1 "${PLAIN[@]}"
environment former pandas==2.3.3 "${PLAIN[@]}"
python_in writer <<<"$program"
python_in former <<<"$program"
python_in reader <<'END'
import pickle

for name in ("values", "to_numpy()"):
    try:
        print(f"{name} read without pyarrow:", pickle.load(open(f"3.0.6-{name}.pkl", "rb"))["raw_text"].tolist())
    except ImportError as error:
        print(f"{name} read without pyarrow: {type(error).__name__}")
END
confirm
