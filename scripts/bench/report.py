"""Tables: what the machine is, medians of rounds, ratios of a round's times to those of `dsc` in the same round."""

from __future__ import annotations

import os
import platform
import statistics

import torch

UNITS = ("avx2", "avx512f", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_int8", "asimd", "sve")
MB = 1e6


def machine() -> dict:
    name, flags = platform.processor(), set()
    try:
        with open("/proc/cpuinfo") as info:
            for line in info:
                key, _, value = line.partition(":")
                if key.strip() in ("model name", "Model"):
                    name = value.strip()
                if key.strip() in ("flags", "Features"):
                    flags |= set(value.split())
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": name, "units": [u for u in UNITS if u in flags], "cores": cores, "torch": torch.__version__,
        "kernels": torch.backends.cpu.get_cpu_capability(), "load": os.getloadavg()[0],
    }


def head(about: dict) -> str:
    units = " ".join(about["units"]) or "no known vector units"
    lines = [f"processor  {about['processor']}, {about['cores']} cores; {units}; libtorch's kernels for {about['kernels']}"]
    lines.append(f"versions   PyTorch {about['torch']}, dsc {about['dsc']}; load average at the start {about['load']:.1f}")
    return "\n".join(lines)


def median(values: list[float]) -> float:
    return statistics.median(values)


def of(runs: list[dict], phase: str, what: str) -> list[float]:
    return [run[phase][what]["median"] for run in runs]


def ratios(theirs: list[float], ours: list[float]) -> str:
    """How many times as long as `dsc`, round by round."""
    parts = [t / o for t, o in zip(theirs, ours)]
    return f"{median(parts):.2f} ({min(parts):.2f} .. {max(parts):.2f})"


def table(results: list[dict]) -> str:
    """`results`: setting, and runs by program, of which `dsc` is the first."""
    lines = [
        "| model | what | threads | program | wall s | processor s | samples/s | MB above | wall, of dsc's | processor, of dsc's |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        for phase in ("train", "eval"):
            if phase == "eval" and result["drop"]:
                continue
            what = "evaluation" if phase == "eval" else "training step, dropout" if result["drop"] else "training step"
            ours = result["runs"]["dsc"]
            for program, runs in result["runs"].items():
                front = f"| {result['model']} | {what} | {result['threads']} | {program} |"
                if not runs:
                    lines.append(f"{front} - | - | - | - | - | - |")
                    continue
                wall, used = of(runs, phase, "wall_s"), of(runs, phase, "cpu_s")
                rate = median([run[phase]["samples_per_s"] for run in runs])
                above = [run["memory"]["above"] for run in runs]
                memory = f"{median(above) / MB:.0f}" if phase == "train" and None not in above else "-"
                both = [ratios(theirs, of(ours, phase, key)) for theirs, key in ((wall, "wall_s"), (used, "cpu_s"))]
                both = ["1", "1"] if program == "dsc" else both
                lines.append(f"{front} {median(wall):.4g} | {median(used):.4g} | {rate:.1f} | {memory} | {both[0]} | {both[1]} |")
    return "\n".join(lines)


def ablation(model: str, runs: dict[str, list[dict]]) -> str:
    """A step of the strong opponent without each of its rewrites, over one with all of them."""
    full = runs["all"]
    lines = [f"the strong opponent, {model}: a training step with dropout, 1 thread", "", "| without | wall s | of all | MB above |", "|---|---|---|---|"]
    for name, found in runs.items():
        wall = of(found, "train", "wall_s")
        above = median([run["memory"]["above"] for run in found])
        ratio = "1" if name == "all" else ratios(wall, of(full, "train", "wall_s"))
        lines.append(f"| {'-' if name == 'all' else name} | {median(wall):.4g} | {ratio} | {above / MB:.0f} |")
    return "\n".join(lines)
