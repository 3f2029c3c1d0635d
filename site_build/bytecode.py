"""Compiles what a kernel imports when it starts, by the site's own Python: it runs in Node here."""

import shutil
import subprocess
from pathlib import Path

from site_build.parts import FOLDER, SiteError


def compile_imports(static: Path) -> None:
    """Put bytecode into the wheels and the standard library of a folder with Pyodide.

    The lock file is that of other wheels then.

    Raises:
        SiteError: there is no Node, or something cannot be imported.
    """
    if not (node := shutil.which("node")):
        raise SiteError("Node is needed, which runs Pyodide here: see CONTRIBUTING.md")
    command = [node, str(FOLDER / "bytecode.mjs"), str(static), str(FOLDER / "in_pyodide.py")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SiteError(f"the packages could not be compiled:\n{ran.stderr[-4000:]}")
