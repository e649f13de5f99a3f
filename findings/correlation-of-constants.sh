#!/usr/bin/env bash
# A constant prediction has a correlation in some libraries, depending on the constant.
#
# Pearson's correlation of a constant is 0/0. A library that subtracts the computed mean finds a difference in the last bits
# when the mean is not exact, divides by it, and returns a number near 0 instead of NaN, without a warning. Then a collapsed
# model gets a correlation in a table, and the mean over seeds counts it. torch and torchmetrics do so in both precisions, numpy
# and pandas in float64, scipy never. 201 constants from -1.00 to 1.00, 457 labels.
#
# Versions: torch 2.11.0, torchmetrics 1.9.0, numpy 2.4.6, scipy 1.17.1, pandas 3.0.6
# Seen:
#   scipy.stats.pearsonr, float32: a number below 1e-6 for none of the constants; 0.1: NaN, 0.25: NaN, -0.3: NaN
#   scipy.stats.pearsonr, float64: a number below 1e-6 for none of the constants; 0.1: NaN, 0.25: NaN, -0.3: NaN
#   pandas Series.corr, float32: a number below 1e-6 for none of the constants; 0.1: NaN, 0.25: NaN, -0.3: NaN
#   pandas Series.corr, float64: a number below 1e-6 for some of the constants; 0.1: NaN, 0.25: NaN, -0.3: number
#   numpy.corrcoef, float32: a number below 1e-6 for none of the constants; 0.1: NaN, 0.25: NaN, -0.3: NaN
#   numpy.corrcoef, float64: a number below 1e-6 for some of the constants; 0.1: NaN, 0.25: NaN, -0.3: number
#   torch.corrcoef, float32: a number below 1e-6 for some of the constants; 0.1: number, 0.25: NaN, -0.3: number
#   torch.corrcoef, float64: a number below 1e-6 for some of the constants; 0.1: number, 0.25: NaN, -0.3: number
#   torchmetrics pearson_corrcoef, float32: a number below 1e-6 for some of the constants; 0.1: number, 0.25: NaN, -0.3: number
#   torchmetrics pearson_corrcoef, float64: a number below 1e-6 for some of the constants; 0.1: number, 0.25: NaN, -0.3: number
set -euo pipefail
. "$(dirname "$0")/lib.sh"
torch_environment tools torchmetrics==1.9.0 lightning-utilities==0.15.2 packaging==25.0 scipy==1.17.1 pandas==3.0.6 \
  python-dateutil==2.9.0.post0 six==1.17.0

python_in tools <<'END'
import numpy as np
import pandas as pd
import scipy.stats
import torch
import torchmetrics.functional

SAMPLES = 457
labels = np.round(np.random.default_rng(0).uniform(-1, 1, SAMPLES), 1)
TOOLS = {
    "scipy.stats.pearsonr": lambda p, y: scipy.stats.pearsonr(p, y).statistic,
    "pandas Series.corr": lambda p, y: pd.Series(p).corr(pd.Series(y)),
    "numpy.corrcoef": lambda p, y: np.corrcoef(p, y)[0, 1],
    "torch.corrcoef": lambda p, y: torch.corrcoef(torch.tensor(np.stack([p, y])))[0, 1].item(),
    "torchmetrics pearson_corrcoef": lambda p, y: torchmetrics.functional.pearson_corrcoef(torch.tensor(p), torch.tensor(y)).item(),
}
for tool, correlation in TOOLS.items():
    for dtype in ("float32", "float64"):
        found = {k: correlation(np.full(SAMPLES, k / 100, dtype), labels.astype(dtype)) for k in range(-100, 101)}
        numbers = {k for k, c in found.items() if np.isfinite(c)}
        assert all(abs(found[k]) < 1e-6 for k in numbers)
        share = "none" if not numbers else "all" if len(numbers) == 201 else "some"
        shown = ", ".join(f"{k / 100:g}: {'number' if k in numbers else 'NaN'}" for k in (10, 25, -30))
        print(f"{tool}, {dtype}: a number below 1e-6 for {share} of the constants; {shown}")
END
confirm
