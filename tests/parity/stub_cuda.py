"""Lets the CUDA build of PyTorch be imported where its CUDA packages (3.5 GB) are not installed.

PyPI carries no CPU-only PyTorch for Linux. `import torch` loads `libtorch_cuda.so`, whose libraries (cuDNN, cuBLAS,
NCCL, ..) nothing on the CPU ever calls. This script builds empty stand-ins: each defines the symbols that torch's
libraries ask of it, and aborts the process if one is called. They lie in `torch/lib`, where torch's libraries look first.
A library that is really there is left alone.

    .venv-parity/bin/python tests/parity/stub_cuda.py
"""

import importlib.util
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path


def tool(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def missing(lib: Path) -> set[str]:
    """The sonames that the loader does not find for `lib`."""
    return set(re.findall(r"(\S+) => not found", tool("ldd", str(lib))))


def versions(libs: list[Path]) -> dict[str, set[str]]:
    """Soname to the names of the symbol versions that torch's libraries ask of it."""
    found: dict[str, set[str]] = defaultdict(set)
    for lib in libs:
        soname = ""
        for kind, name in re.findall(r"(File|Name): (\S+)", tool("readelf", "-V", "-W", str(lib))):
            if kind == "File":
                soname = name
            else:
                found[soname].add(name)
    return found


def wanted(libs: list[Path]) -> dict[str, set[str]]:
    """Symbol version to the undefined symbols that carry it."""
    symbols: dict[str, set[str]] = defaultdict(set)
    for lib in libs:
        for name, version in re.findall(r" U (\S+?)@+(\S+)", tool("nm", "-D", "--undefined-only", str(lib))):
            symbols[version].add(name)
    return symbols


def unversioned(libs: list[Path]) -> set[str]:
    """Undefined symbols without a version that no library of torch defines: CUDA's, by their names."""
    names: set[str] = set()
    for lib in libs:
        names |= set(re.findall(r" U ((?:cu|nccl|nvshmem)\w+)$", tool("nm", "-D", "--undefined-only", str(lib)), re.M))
    return names


def build(soname: str, symbols: dict[str, set[str]], target: Path) -> None:
    """Compiles the stand-in: `symbols` are names by version, `""` for those without one."""
    with tempfile.TemporaryDirectory() as folder:
        source, script = Path(folder, "stub.c"), Path(folder, "stub.map")
        names = sorted(set().union(*symbols.values()))
        body = "".join(f"void {n}(void) {{ abort(); }}\n" for n in names)
        nodes = "".join(
            f"{version} {{ global: {' '.join(f'{n};' for n in sorted(members)) or f'stub_{soname.split(chr(46))[0]};'} }};\n"
            for version, members in sorted(symbols.items()) if version
        )
        source.write_text("#include <stdlib.h>\n" + body)
        script.write_text(nodes)
        versioned = [f"-Wl,--version-script={script}"] if nodes else []
        tool("cc", "-shared", "-fPIC", "-fno-builtin", "-w", "-O1", f"-Wl,-soname,{soname}", *versioned,
             "-o", str(target), str(source))


def main() -> None:
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        sys.exit("stub_cuda: torch is not installed in this environment")
    folder = Path(spec.origin).parent / "lib"
    libs = [p for p in sorted(folder.glob("lib*.so*")) if p.name not in ("libtorch_cuda_linalg.so", "libcaffe2_nvrtc.so")]
    absent = set().union(*(missing(p) for p in libs))
    named, by_version = versions(libs), wanted(libs)
    loose = unversioned(libs)
    for soname in sorted(absent):
        stem = soname.removeprefix("lib").split(".")[0].removesuffix("_host").lower()
        symbols = {version: by_version[version] for version in named[soname]}
        if not symbols:
            symbols[""] = {n for n in loose if n.lower().startswith(stem)}
        build(soname, symbols, folder / soname)
        print(f"stub_cuda: {soname}, {sum(map(len, symbols.values()))} symbols", flush=True)
    tool(sys.executable, "-c", "import torch; assert not torch.cuda.is_available()")


if __name__ == "__main__":
    main()
