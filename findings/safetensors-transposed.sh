#!/usr/bin/env bash
# safetensors.numpy stores a transposed array with wrong values.
#
# The half for numpy writes the bytes in the order in which they lie in memory, under the shape of the view: a transposed or
# Fortran-ordered array comes back with its values in other places, and no error is raised. 0.7.0 stored it right. The half for
# torch refuses a tensor that is not contiguous. Weights that were converted with numpy (`w.T`, for a layer that keeps its
# weight the other way round) are garbage of the right shape.
#
# Versions: safetensors 0.8.0 and 0.7.0, numpy 2.4.6
# Seen:
#   0.8.0 transposed: saved [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]], loaded [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
#   0.8.0 Fortran: saved [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], loaded [[0.0, 3.0, 1.0], [4.0, 2.0, 5.0]]
#   0.8.0 copied: saved [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]], loaded [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
#   0.7.0 transposed: saved [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]], loaded [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
#   0.7.0 Fortran: saved [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], loaded [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
#   0.7.0 copied: saved [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]], loaded [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
program=$(cat <<'END'
import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

weight = np.arange(6, dtype=np.float32).reshape(2, 3)
for name, array in (("transposed", weight.T), ("Fortran", np.asfortranarray(weight)), ("copied", np.ascontiguousarray(weight.T))):
    save_file({"weight": array}, "weights.safetensors")
    back = load_file("weights.safetensors")["weight"]
    print(f"{safetensors.__version__} {name}: saved {array.tolist()}, loaded {back.tolist()}")
END
)
for version in 0.8.0 0.7.0; do
  environment "at-$version" "safetensors==$version" numpy==2.4.6
  python_in "at-$version" <<<"$program"
done
confirm
