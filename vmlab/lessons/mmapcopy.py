"""The C program of the last lesson: its text, and a run of it on this very computer."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from importlib import resources
from pathlib import Path


def source() -> str:
    """Return the C program."""
    return resources.files("vmlab.data").joinpath("mmapcopy.c").read_text(encoding="utf-8")


def for_real(data: bytes) -> bytes | None:
    """Compile mmapcopy, let it copy `data`, and return what it wrote.

    Returns None where there is no C compiler, or none that knows mmap.

    Raises:
        subprocess.CalledProcessError: the program failed.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = folder / "mmapcopy"
        (folder / "mmapcopy.c").write_text(source(), encoding="utf-8")
        (folder / "data").write_bytes(data)
        build: list[str | Path] = [
            compiler,
            "-O1",
            "-Wall",
            "-Werror",
            "-o",
            program,
            folder / "mmapcopy.c",
        ]
        if subprocess.run(build, capture_output=True, check=False).returncode:
            return None
        copied = subprocess.run([program, folder / "data"], capture_output=True, check=True)
        return copied.stdout
