#!/usr/bin/env bash
# eGeMAPS descriptors of openSMILE: short clips are NaN, silence is not zero.
#
# Below 60 ms of sound the result is one float64 frame in which every descriptor is NaN, no error and no empty table. A clip
# that was cut to one short word puts NaN into a feature file, and one NaN makes the loss of its batch NaN. In digital silence
# three columns, the ratios of formants to the fundamental, are -201, so readers that find padding by frames of zeros (the usual
# rule where lengths are missing) never take silence for padding. One second has 96 frames of 10 ms, not 100.
#
# Versions: opensmile 2.6.0 (eGeMAPSv02, low-level descriptors), numpy 2.4.6, pandas 3.0.6
# Seen:
#   1000 ms: 96 frames of 25, NaN 0%, float32
#   60 ms: 2 frames of 25, NaN 0%, float32
#   59 ms: 1 frames of 25, NaN 100%, float64
#   silence: 96 frames, frames of zeros 0, NaN 0%
#     F1amplitudeLogRelF0_sma3nz: [-201]
#     F2amplitudeLogRelF0_sma3nz: [-201]
#     F3amplitudeLogRelF0_sma3nz: [-201]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
environment opensmile opensmile==2.6.0 numpy==2.4.6 pandas==3.0.6 python-dateutil==2.9.0.post0 six==1.17.0 \
  audeer==2.7.0 audformat==1.4.3 audinterface==1.4.0 audiofile==1.6.1 audmath==1.4.4 audobject==0.7.13 audresample==1.3.6 \
  asttokens==3.0.2 cffi==2.1.1 pycparser==3.12 iso3166==2.1.1 iso639-lang==2.6.3 oyaml==1.0 packaging==26.4 pyarrow==26.0.1 pyyaml==6.0.4 \
  soundfile==0.14.0 scipy==1.17.1 tqdm==4.70.1 typing_extensions==4.16.0

python_in opensmile <<'END'
import numpy as np
import opensmile

RATE = 16000
smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.LowLevelDescriptors)
noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)


def frames(signal):
    table = smile.process_signal(signal, RATE)
    return table.columns, table.to_numpy()


for milliseconds in (1000, 60, 59):
    _, values = frames(noise[: milliseconds * RATE // 1000])
    print(f"{milliseconds} ms: {values.shape[0]} frames of {values.shape[1]}, NaN {np.isnan(values).mean():.0%}, {values.dtype}")
names, values = frames(np.zeros(RATE, np.float32))
print(f"silence: {len(values)} frames, frames of zeros {(values == 0).all(1).sum()}, NaN {np.isnan(values).mean():.0%}")
for name, column in zip(names, values.T):
    if (abs(column) >= 1).any():
        print(f"  {name}: {sorted({round(float(v)) for v in column})}")
END
confirm
