#!/usr/bin/env bash
# gpu-check.sh: every check that needs a GPU, in under 8 minutes once the program is built. What they compare is the CPU of the same
# machine: steps of all stock models with dropout, companions and gradients in fp32, tf32 and bf16; trainings by epoch; determinism.
# Then the times of training steps at each precision are printed. Fails if a check fails, or if there is no usable GPU.
#
#   scripts/gpu-check.sh              # with LIBTORCH, or LIBTORCH_USE_PYTORCH=1, of a PyTorch 2.11 with CUDA
set -euo pipefail
cd "$(dirname "$0")/.."

die() { echo "error: $*" >&2; exit 1; }

[ -e /proc/driver/nvidia/version ] || die "this machine has no NVIDIA driver"
if [ -z "${LIBTORCH:-}${LIBTORCH_USE_PYTORCH:-}" ]; then
  python3 -c 'import torch' 2>/dev/null || die "set LIBTORCH to the torch folder of a PyTorch 2.11 with CUDA"
  export LIBTORCH_USE_PYTORCH=1
fi
cargo build --release --bins
dsc=target/release/dsc
"$dsc" doctor

skipped=$(mktemp)
trap 'rm -f "$skipped"' EXIT
began=$SECONDS
DSC_SKIPPED=$skipped cargo test --release -p dsc-runtime --lib -- --test-threads 1 tests::gpu
DSC_SKIPPED=$skipped cargo test --release --test runs -- --test-threads 1 gpu::
[ ! -s "$skipped" ] || die "$(head -1 "$skipped")"
echo "== checks passed in $((SECONDS - began)) s"

for precision in fp32 tf32 bf16; do
  echo "== dashfusion, demo, $precision"
  "$dsc" bench dashfusion --data demo --device cuda --steps 20 --with "precision=$precision"
done
