#!/usr/bin/env bash
# torch.save stores some tensors with the opposite sign, and a mark that says so.
#
# The imaginary part of a conjugated tensor is a view whose values are the negated storage. torch.save writes the storage as it
# is and puts {"neg": True} behind the six usual arguments of _rebuild_tensor_v2. A reader that takes six arguments, as most
# readers outside of PyTorch do, gets every value with the wrong sign. resolve_neg() before saving removes the mark.
#
# Versions: torch 2.11.0
# Seen:
#   as it is: values [-3.0, -4.0], negative bit True, bytes [1.0, 3.0, 2.0, 4.0], mark True, loaded [-3.0, -4.0]
#   resolved: values [-3.0, -4.0], negative bit False, bytes [-3.0, -4.0], mark False, loaded [-3.0, -4.0]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
torch_environment torch

python_in torch <<'END'
import pickletools
import zipfile

import numpy as np
import torch

values = torch.complex(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])).conj().imag
for name, tensor in (("as it is", values), ("resolved", values.resolve_neg())):
    torch.save({"weight": tensor}, "weights.pt")
    archive = zipfile.ZipFile("weights.pt")
    operations = list(pickletools.genops(archive.read("weights/data.pkl")))
    stored = np.frombuffer(archive.read("weights/data/0"), "<f4")
    print(f"{name}: values {tensor.tolist()}, negative bit {tensor.is_neg()}, bytes {stored.tolist()}, mark {any(a == 'neg' for _, a, _ in operations)},"
          f" loaded {torch.load('weights.pt')['weight'].tolist()}")
END
confirm
