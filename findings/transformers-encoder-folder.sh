#!/usr/bin/env bash
# What transformers 4 and 5 write into an encoder's folder, and what they make of the folder of the other.
#
# Version 5 writes no vocab.txt and no special_tokens_map.json; programs that look for a vocabulary file find none in a
# fine-tuned encoder. A file in half precision loads as float32 in 4 and as float16 in 5, unless its configuration says float32.
# A BERT from before 2019 names the scale and shift of its norms gamma and beta: both versions rename them on load, but 5 turns
# them back when it saves, so a freshly saved encoder has the old names. torch.save of the named parameters needs another
# constructor under 5, because each parameter carries an attribute; readers with a fixed list of constructors refuse such files.
#
# Versions: transformers 4.57.6 and 5.24.0, torch 2.11.0, safetensors 0.8.0
# Seen:
#   4.57.6 files of the tokenizer: special_tokens_map.json, tokenizer.json, tokenizer_config.json, vocab.txt
#   4.57.6 files of the model: config.json, model.safetensors
#   4.57.6 float16 file, configuration says nothing: torch.float32
#   4.57.6 float16 file, configuration says float32: torch.float32
#   4.57.6 loads gamma and beta: True
#   4.57.6 saves them as: embeddings.LayerNorm.bias, embeddings.LayerNorm.weight
#   4.57.6 constructors in torch.save of state_dict(): _rebuild_tensor_v2
#   4.57.6 constructors in torch.save of dict(named_parameters()): _rebuild_parameter, _rebuild_tensor_v2
#   5.24.0 files of the tokenizer: tokenizer.json, tokenizer_config.json
#   5.24.0 files of the model: config.json, model.safetensors
#   5.24.0 float16 file, configuration says nothing: torch.float16
#   5.24.0 float16 file, configuration says float32: torch.float32
#   5.24.0 loads gamma and beta: True
#   5.24.0 saves them as: embeddings.LayerNorm.beta, embeddings.LayerNorm.gamma
#   5.24.0 constructors in torch.save of state_dict(): _rebuild_tensor_v2
#   5.24.0 constructors in torch.save of dict(named_parameters()): _rebuild_parameter_with_state, _rebuild_tensor_v2
set -euo pipefail
. "$(dirname "$0")/lib.sh"
program=$(cat <<'END'
import json
import os
import pickletools
import shutil
import zipfile

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel, BertTokenizerFast

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
config = dict(model_type="bert", vocab_size=8, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)


def show(what, value):
    print(f"{transformers.__version__} {what}: {value}")


shutil.rmtree("out", ignore_errors=True)
os.makedirs("out/words")
with open("out/words/vocab.txt", "w") as file:
    file.write("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film", "##s"]) + "\n")
BertTokenizerFast.from_pretrained("out/words").save_pretrained("out/tokenizer")
show("files of the tokenizer", ", ".join(sorted(os.listdir("out/tokenizer"))))
model = BertModel(BertConfig(**config))
model.save_pretrained("out/model")
show("files of the model", ", ".join(sorted(os.listdir("out/model"))))

halves = {name: tensor.half() for name, tensor in model.state_dict().items()}
for name, extra in (("nothing", {}), ("float32", {"dtype": "float32", "torch_dtype": "float32"})):
    os.makedirs(f"out/{name}")
    save_file(halves, f"out/{name}/model.safetensors", {"format": "pt"})
    json.dump({**config, **extra}, open(f"out/{name}/config.json", "w"))
    show(f"float16 file, configuration says {name}", BertModel.from_pretrained(f"out/{name}").dtype)

os.makedirs("out/old")
names = (("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta"))
old = {}
for name, tensor in model.state_dict().items():
    for new, former in names:
        name = name.replace(new, former)
    old["bert." + name] = tensor.clone()
save_file(old, "out/old/model.safetensors", {"format": "pt"})
json.dump(config, open("out/old/config.json", "w"))
loaded = BertModel.from_pretrained("out/old")
scale = torch.equal(loaded.embeddings.LayerNorm.weight, model.embeddings.LayerNorm.weight)
loaded.save_pretrained("out/again")
show("loads gamma and beta", scale)
show("saves them as", ", ".join(sorted(n for n in load_file("out/again/model.safetensors") if n.startswith("embeddings.LayerNorm"))))

for name, weights in (("state_dict()", loaded.state_dict()), ("dict(named_parameters())", dict(loaded.named_parameters()))):
    torch.save(weights, "out/weights.pt")
    pickled = zipfile.ZipFile("out/weights.pt").read("weights/data.pkl")
    calls = {arg.split()[1] for op, arg, _ in pickletools.genops(pickled) if op.name == "GLOBAL" and "_rebuild" in arg}
    show(f"constructors in torch.save of {name}", ", ".join(sorted(calls)))
END
)
torch_environment torch "${TRANSFORMERS_4[@]}"
python_in torch <<<"$program"
add torch "${TRANSFORMERS_5[@]}"
python_in torch <<<"$program"
confirm
