#!/usr/bin/env bash
# The MFCCs of a frame depend on the loudest frame of its clip.
#
# librosa.feature.mfcc converts to decibels with a floor 80 dB below the loudest value of the whole clip. The same quiet second
# has other coefficients when the clip also has a loud second, so features of an utterance change with how it was cut, and a
# quiet speaker differs by who else is in the clip. With the floor lifted (power_to_db(top_db=None), then mfcc(S=..)) they
# agree.
#
# Versions: librosa 0.11.0, numpy 2.4.6
# Seen:
#   default: first coefficient alone -912, beside a loud second -673
#   without floor: first coefficient alone -912, beside a loud second -912
set -euo pipefail
. "$(dirname "$0")/lib.sh"
environment librosa "${LIBROSA[@]}"

python_in librosa <<'END'
import librosa
import numpy as np

RATE = 16000
noise = np.random.default_rng(0).normal(0, 1, 2 * RATE).astype(np.float32)
quiet, loud = 1e-5 * noise[:RATE], 0.5 * noise[RATE:]
FRAME = 10


def first(signal, floor):
    if floor:
        return librosa.feature.mfcc(y=signal, sr=RATE)[0, FRAME]
    power = librosa.feature.melspectrogram(y=signal, sr=RATE)
    return librosa.feature.mfcc(S=librosa.power_to_db(power, amin=1e-20, top_db=None))[0, FRAME]


for floor in (True, False):
    alone, beside = first(quiet, floor), first(np.concatenate([quiet, loud]), floor)
    print(f"{'default' if floor else 'without floor'}: first coefficient alone {alone:.0f}, beside a loud second {beside:.0f}")
END
confirm
