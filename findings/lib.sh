# Sourced by the scripts beside it. Everything is installed below a temporary folder that is removed at the end.
#
#   environment NAME PACKAGE==VERSION ..         makes a virtual environment; all packages are named, so pip resolves nothing
#   torch_environment NAME PACKAGE==VERSION ..   the same with PyTorch, without the CUDA packages of its wheel
#   add NAME PACKAGE==VERSION ..                 installs more there, over what is there
#   python_in NAME <<'END'                       runs the program there; its output is shown and kept
#   confirm                                      compares that output with the lines below "# Seen:" in the script

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1

TORCH=(
  torch==2.11.0 nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85 typing_extensions==4.15.0 filelock==3.20.0 sympy==1.14.0
  mpmath==1.3.0 networkx==3.6 jinja2==3.1.6 markupsafe==3.0.3 fsspec==2025.10.0 setuptools==80.9.0 numpy==2.4.6
)

TRANSFORMERS_4=(
  transformers==4.57.6 tokenizers==0.22.1 huggingface_hub==0.36.0 safetensors==0.8.0 regex==2025.11.3 requests==2.32.5
  urllib3==2.5.0 idna==3.11 certifi==2025.11.12 charset_normalizer==3.4.4 packaging==25.0 pyyaml==6.0.3 tqdm==4.67.1
)

TRANSFORMERS_5=(
  transformers==5.24.0 tokenizers==0.23.3 huggingface_hub==2.4.0 safetensors==0.8.0 regex==2026.11.19 packaging==26.4 pyyaml==6.0.4
  tqdm==4.70.1 httpx2==2.16.2 httpcore2==2.16.2 anyio==4.16.0 h11==0.16.0 truststore==0.10.5 typer==0.29.2 click==8.5.1
  rich==15.0.0 idna==3.20
  typing_extensions==4.16.0 filelock==4.3.1 fsspec==2026.9.0
)
LIBROSA=(
  librosa==0.11.0 soundfile==0.14.0 audioread==3.1.0 cffi==2.1.1 pycparser==3.12 cloudpickle==3.1.3 decorator==5.3.1 joblib==1.6.0
  lazy-loader==0.6 llvmlite==0.50.0 urllib3==2.8.0 idna==3.20 certifi==2026.10.19.post1 charset_normalizer==3.5.3
  msgpack==1.2.4 numba==0.68.1 numpy==2.4.6 packaging==26.4 platformdirs==4.14.8 pooch==1.9.0 requests==2.34.2 scikit-learn==1.9.1
  scipy==1.17.1 soxr==1.1.0 threadpoolctl==3.8.0 typing_extensions==4.16.0 narwhals==2.29.0
)

# What counters.py imports; transformers and accelerate are imported by calflops.
COUNTERS=(
  thop==0.1.1.post2209072238 ptflops==0.7.5 fvcore==0.1.5.post20221221 torchinfo==1.8.0 calflops==0.3.2 torchprofile==0.1.0
  deepspeed==0.19.8 flops-profiler==0.1.2 iopath==0.1.10 yacs==0.1.8 tabulate==0.10.0 portalocker==3.2.0
  termcolor==3.3.0 pyyaml==6.0.3 tqdm==4.67.1 pillow==12.0.0 einops==0.8.2 packaging==25.0 psutil==7.2.2 py-cpuinfo==9.0.0
  hjson==3.1.0 ninja==1.13.0 msgpack==1.1.2 pydantic==2.12.5 pydantic_core==2.41.5 annotated-types==0.7.0
  typing-inspection==0.4.2 accelerate==1.12.0 "${TRANSFORMERS_4[@]}"
)

environment() { # NAME PACKAGE==VERSION ..
  [ -d "$work/pip" ] || python3 -m venv "$work/pip"
  python3 -m venv --without-pip "$work/$1"
  add "$@"
}

add() { # NAME PACKAGE==VERSION ..
  "$work/pip/bin/python" -m pip --python "$work/$1/bin/python" install --quiet --no-input --disable-pip-version-check \
    --no-deps --no-compile "${@:2}"
}

torch_environment() { # NAME PACKAGE==VERSION ..
  environment "$1" "${TORCH[@]}" "${@:2}"
  "$work/$1/bin/python" "$here/../tests/parity/stub_cuda.py" >"$work/stubs" || { cat "$work/stubs" >&2; return 1; }
}

python_in() { # NAME, the program on standard input
  (cd "$work" && "$work/$1/bin/python" -W ignore - 2>"$work/errors") | tee -a "$work/output" || { cat "$work/errors" >&2; exit 1; }
}

confirm() {
  sed -n '/^# Seen:$/,/^[^#]/{/^#   /s/^#   //p}' "$0" >"$work/expected"
  if ! diff -u --label "seen before" --label "seen now" "$work/expected" "$work/output"; then
    echo "changed: $(basename "$0" .sh)"
    exit 1
  fi
  echo "as described: $(basename "$0" .sh)"
}
