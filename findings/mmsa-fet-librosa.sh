#!/usr/bin/env bash
# What decides the frame rate and dtype of audio features that MMSA-FET makes with librosa.
#
# The example configuration in the package says hop_lenth, which nothing reads: whoever edits it changes nothing and gets 128
# samples a frame, 173 frames of one second at 22,050 Hz where 512, the default of librosa, gives 44. The key sample_rate is
# required; null keeps the rate of the file and so gives files of different rates different frame rates. The dtype follows from
# the list of features: MFCC alone is float32, together with the spectral centroid it is float64. The extractor class is loaded
# from the wheel without the package around it, which imports face detectors.
#
# Versions: MMSA-FET 0.4.1, librosa 0.11.0, numpy 2.4.6
# Seen:
#   key of the example: hop_lenth
#   one second, no hop: 173 frames
#   one second, {'hop_lenth': 512}: 173 frames
#   one second, {'hop_length': 512}: 44 frames
#   sample_rate null, file of 16000 Hz: 126 frames
#   sample_rate null, file of 22050 Hz: 173 frames
#   mfcc: float32
#   mfcc, spectral_centroid: float64
#   without sample_rate: KeyError 'sample_rate'
set -euo pipefail
. "$(dirname "$0")/lib.sh"
environment fet MMSA-FET==0.4.1 "${LIBROSA[@]}"

python_in fet <<'END'
import importlib
import json
import logging
import sys
import types
from importlib.metadata import distribution

import numpy as np
import soundfile

wheel = distribution("MMSA-FET")
for name in ("MSA_FET", "MSA_FET.extractors", "MSA_FET.extractors.audio"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [str(wheel.locate_file(name.replace(".", "/")))]
Extractor = importlib.import_module("MSA_FET.extractors.audio.librosa").librosaExtractor
example = json.loads(wheel.locate_file("MSA_FET/example_configs/librosa.json").read_text())["audio"]
print("key of the example:", next(key for key in example if key.startswith("hop")))

for rate in (16000, 22050):
    soundfile.write(f"{rate}.wav", np.random.default_rng(0).normal(0, 0.1, rate), rate)


def frames(file, features=("mfcc",), **settings):
    config = {"sample_rate": 22050, "features": {f: {} for f in features}, **settings}
    return Extractor(config, logging.getLogger()).extract(file)


for settings in ({}, {"hop_lenth": 512}, {"hop_length": 512}):
    print(f"one second, {settings or 'no hop'}: {len(frames('22050.wav', **settings))} frames")
for rate in (16000, 22050):
    print(f"sample_rate null, file of {rate} Hz: {len(frames(f'{rate}.wav', sample_rate=None))} frames")
for features in (("mfcc",), ("mfcc", "spectral_centroid")):
    print(", ".join(features) + ":", frames("22050.wav", features).dtype)
try:
    Extractor({"features": {"mfcc": {}}}, logging.getLogger()).extract("22050.wav")
except KeyError as error:
    print("without sample_rate: KeyError", error)
END
confirm
