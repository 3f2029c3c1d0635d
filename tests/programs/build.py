"""Compile the programs and pack them: `python -m tests.programs.build`.

Needs gcc with glibc's static libraries and, for musl, the package `ziglang` in the Python that
VMLAB_ZIG_PYTHON names, or in this one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.programs import archive
from tests.programs.programs import DYNAMIC, MUSL, NO_PIE, PROGRAMS, SOURCES, STATIC, STATIC_PIE

_COMMON = ["-std=gnu17", "-g", "-O1", f"-fdebug-prefix-map={SOURCES}=/usr/src/programs"]
_ZIG = [os.environ.get("VMLAB_ZIG_PYTHON", sys.executable), "-m", "ziglang", "cc"]
_COMMANDS = {
    DYNAMIC: ["gcc", "-pie", "-fPIE"],
    NO_PIE: ["gcc", "-no-pie", "-fno-pie"],
    STATIC: ["gcc", "-static", "-fno-pie", "-no-pie"],
    STATIC_PIE: ["gcc", "-static-pie", "-fPIE"],
    MUSL: [*_ZIG, "-target", "x86_64-linux-musl", "-mcpu=baseline", "-fno-sanitize=undefined"],
}
_LINKED = {MUSL: ["-s"], STATIC: ["-s"], STATIC_PIE: ["-s"]}  # a libc's debug information is large
_WITH_DEBUG_INFORMATION = {(STATIC, "fork_global"), (STATIC, "segv_mprotect")}


def compile_program(name: str, build: str, folder: Path) -> bytes:
    """Compile one program.

    Args:
        name: of a source.
        build: one of `BUILDS`.
        folder: where the result is written first.

    Raises:
        CalledProcessError: the compiler refuses; what it says is on standard error.
    """
    result = folder / f"{build}-{name}"
    strip = [] if (build, name) in _WITH_DEBUG_INFORMATION else _LINKED.get(build, [])
    command = [*_COMMANDS[build], *_COMMON, *strip, "-o", str(result), f"{name}.c"]
    subprocess.run([*command, "-lm", "-pthread"], cwd=SOURCES, check=True)
    return result.read_bytes()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.programs.build", description=__doc__)
    parser.add_argument("name", nargs="*", help="compile only these again")
    names = parser.parse_args(arguments).name
    kept = archive.read() if names else {}
    files = {path[1:]: kept.get(path[1:]) or Path(path).read_bytes() for path in archive.LIBRARIES}
    with tempfile.TemporaryDirectory() as folder:
        for name, program in PROGRAMS.items():
            for build in program.builds:
                member = archive.member(name, build)
                if names and name not in names:
                    files[member] = kept[member]
                else:
                    files[member] = compile_program(name, build, Path(folder))
    archive.write(files)
    size = archive.ARCHIVE.stat().st_size
    print(f"{len(files)} files, {sum(map(len, files.values()))} bytes, packed {size}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
