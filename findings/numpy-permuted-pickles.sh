#!/usr/bin/env bash
# numpy 2.3 and newer pickle an array with exchanged axes in a form that older numpy cannot read.
#
# At protocol 5 an array that is neither in C nor in Fortran order, such as x.transpose(0, 2, 1), becomes a call of _frombuffer
# with five arguments: the buffer, dtype, shape, the order "K" and the axes. numpy 2.2 takes four, so the whole file cannot be
# loaded, for one array in it. A feature file whose token arrays were transposed before saving, as extraction tools do, has this
# form. Protocol 4, or numpy.ascontiguousarray before saving, avoids it.
#
# Versions: numpy 2.2.6, 2.3.5, 2.4.6
# Seen:
#   2.2.6 protocol 4: _reconstruct
#   2.2.6 protocol 5: _reconstruct
#   2.3.5 protocol 4: _reconstruct
#   2.3.5 protocol 5: _frombuffer, order K
#   2.4.6 protocol 4: _reconstruct
#   2.4.6 protocol 5: _frombuffer, order K
#   written by 2.4.6 at protocol 4, read by 2.2.6: shape (2, 4, 3)
#   written by 2.4.6 at protocol 5, read by 2.2.6: TypeError: _frombuffer() takes 4 positional arguments but 5 were given
set -euo pipefail
. "$(dirname "$0")/lib.sh"
for version in 2.2.6 2.3.5 2.4.6; do
  environment "at-$version" "numpy==$version"
  python_in "at-$version" <<'END'
import pickle
import pickletools

import numpy as np

turned = np.arange(24.0).reshape(2, 3, 4).transpose(0, 2, 1)
for protocol in (4, 5):
    data = pickle.dumps({"text_bert": turned}, protocol=protocol)
    words = [arg for _, arg, _ in pickletools.genops(data) if isinstance(arg, str)]
    call = "_frombuffer" if "_frombuffer" in words else "_reconstruct"
    print(f"{np.__version__} protocol {protocol}: {call}{', order K' if 'K' in words else ''}")
    open(f"{np.__version__}-{protocol}.pkl", "wb").write(data)
END
done
python_in at-2.2.6 <<'END'
import pickle

import numpy as np

for protocol in (4, 5):
    try:
        array = pickle.load(open(f"2.4.6-{protocol}.pkl", "rb"))["text_bert"]
        print(f"written by 2.4.6 at protocol {protocol}, read by {np.__version__}: shape {array.shape}")
    except TypeError as error:
        print(f"written by 2.4.6 at protocol {protocol}, read by {np.__version__}: TypeError: {error}")
END
confirm
