#!/usr/bin/env bash
# A tokenizer.json that keeps case is lower-cased by transformers unless another file says so too.
#
# The tokenizers library follows "lowercase": false in the file. BertTokenizer of both versions of transformers lower-cases
# unless do_lower_case is false in tokenizer_config.json: where that key or file is missing, the same folder gives other tokens
# by program. Transcripts in capitals, as CMU-MOSI has them, become words in one program and unknown tokens in the other. Under
# version 5 the file's other settings are not used either: only the vocabulary is (here: the limit of characters of a word).
#
# Versions: transformers 4.57.6 with tokenizers 0.22.1, transformers 5.24.0 with tokenizers 0.23.3
# Seen:
#   tokenizers 0.22.1: [CLS] [UNK] film [UNK] [SEP]
#   transformers 4.57.6, tokenizer_config.json missing: [CLS] good film [UNK] [SEP]
#   transformers 4.57.6, tokenizer_config.json {'do_lower_case': False}: [CLS] [UNK] film [UNK] [SEP]
#   tokenizers 0.23.3: [CLS] [UNK] film [UNK] [SEP]
#   transformers 5.24.0, tokenizer_config.json missing: [CLS] good film wonderful [SEP]
#   transformers 5.24.0, tokenizer_config.json {'do_lower_case': False}: [CLS] [UNK] film wonderful [SEP]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
program=$(cat <<'END'
import json
import os
import shutil

import tokenizers
import transformers
from tokenizers import BertWordPieceTokenizer
from transformers import AutoTokenizer, BertTokenizerFast

transformers.logging.set_verbosity_error()
words = {word: i for i, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film", "wonderful"])}
shutil.rmtree("out", ignore_errors=True)
os.makedirs("out")
BertWordPieceTokenizer(words, lowercase=False).save("out/tokenizer.json")
stored = json.load(open("out/tokenizer.json"))
stored["model"]["max_input_chars_per_word"] = 5
json.dump(stored, open("out/tokenizer.json", "w"))
json.dump({"model_type": "bert", "vocab_size": 8}, open("out/config.json", "w"))
text = "GOOD film wonderful"
print(f"tokenizers {tokenizers.__version__}:", *tokenizers.Tokenizer.from_file("out/tokenizer.json").encode(text).tokens)
for settings in ({}, {"do_lower_case": False}):
    if settings:
        json.dump(settings, open("out/tokenizer_config.json", "w"))
    tokens = BertTokenizerFast.from_pretrained("out")(text)
    print(f"transformers {transformers.__version__}, tokenizer_config.json {settings or 'missing'}:", *tokens.tokens())
END
)
environment tokens "${TRANSFORMERS_4[@]}" numpy==2.4.6 typing_extensions==4.15.0 filelock==3.20.0 fsspec==2025.10.0
python_in tokens <<<"$program"
add tokens "${TRANSFORMERS_5[@]}"
python_in tokens <<<"$program"
confirm
