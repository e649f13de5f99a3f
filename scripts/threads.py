#!/usr/bin/env python3
"""How long a training takes by number of threads, on a quiet machine and beside other work.

    scripts/threads.py                          # default threads and one, quiet and loaded, three rounds: some minutes
    scripts/threads.py --models dashfusion --threads 1,2,4 --rounds 5
    scripts/threads.py --dsc target/release/dsc,../other/target/release/dsc

Every round runs each setting once, one after the other, so that a change of the machine's load during the measurement meets all
settings alike; the table shows medians. `loaded` has as many busy processes beside the training as there are cores, `pair` two
trainings at a time. Standard library only.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

BUSY = "while True: pass"
CORES = len(os.sched_getaffinity(0))


def training(dsc, model, threads, out):
    """Starts one training of one epoch."""
    env = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    command = [dsc, "train", model, "--data", "demo", "--epochs", "1", "--seeds", "1", "-q", "--out", out]
    if threads:
        command += ["--threads", str(threads)]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)


def measure(dsc, model, threads, load):
    """Wall and processor seconds of a training; of a pair, until both have ended, and of one."""
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(CORES if load == "loaded" else 0)]
    try:
        with tempfile.TemporaryDirectory() as place:
            began = time.monotonic()
            count = 2 if load == "pair" else 1
            runs = [training(dsc, model, threads, os.path.join(place, f"run{i}")) for i in range(count)]
            used = 0.0
            for run in runs:
                _, status, usage = os.wait4(run.pid, 0)
                if status != 0:
                    sys.exit(f"{model} with {threads or 'default'} threads: status {status}")
                used += usage.ru_utime + usage.ru_stime
            return time.monotonic() - began, used / count
    finally:
        for process in busy:
            process.kill()
            process.wait()


def listed(kind):
    return lambda text: [kind(part) for part in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.path.join(os.path.dirname(__file__), "../target/debug/dsc")
    parser.add_argument("--dsc", type=listed(str), default=[default], help="programs to compare")
    parser.add_argument("--models", type=listed(str), default=["unimodal/audio", "dashfusion"])
    parser.add_argument("--threads", type=listed(int), default=[0, 1], help="0 is the default, one per physical core")
    parser.add_argument("--loads", type=listed(str), default=["quiet", "loaded", "pair"])
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()

    cases = [(m, l, t, d) for m in args.models for l in args.loads for t in args.threads for d in args.dsc]
    found = {case: [] for case in cases}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for _ in range(args.rounds):
            for case in cases:
                model, load, threads, dsc = case
                found[case].append(measure(dsc, model, threads, load))
    except KeyboardInterrupt:
        print("stopped: the table holds what was measured until then\n")
    with open("/proc/cpuinfo") as info:
        processor = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "")
    print(f"{processor}, {CORES} cores, medians of up to {args.rounds} rounds; load average at the end {os.getloadavg()[0]:.1f}\n")
    print("| model | beside it | threads | wall s | processor s | wall s, least and most |" + " program |" * (len(args.dsc) > 1))
    print("|---|---|---|---|---|---|" + "---|" * (len(args.dsc) > 1))
    for (model, load, threads, dsc), times in found.items():
        if not times:
            continue
        walls = [wall for wall, _ in times]
        wall, used = statistics.median(walls), statistics.median(cpu for _, cpu in times)
        spread = f"{min(walls):.1f} .. {max(walls):.1f}"
        row = f"| {model} | {load} | {threads or 'default'} | {wall:.1f} | {used:.1f} | {spread} |"
        print(row + f" {dsc} |" * (len(args.dsc) > 1))


if __name__ == "__main__":
    main()
