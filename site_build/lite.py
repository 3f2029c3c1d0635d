"""Puts JupyterLite around Pyodide, the wheels and the lessons."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from site_build import contents, early, front, wheels
from site_build.bytecode import compile_imports
from site_build.lock import write_lock
from site_build.parts import FOLDER, SiteError, pyodide
from vmlab.commands.lab import FIRST_LESSON
from vmlab.words.language import languages

PYODIDE_FILES = (
    "package.json pyodide.asm.mjs pyodide.asm.wasm pyodide.js pyodide.mjs python_stdlib.zip".split()
)
EXTENSIONS_IN = "share/jupyter/labextensions"
EXTENSIONS = (
    "@jupyterlite/pyodide-kernel-extension",
    "@jupyter-widgets/jupyterlab-manager",
    "anywidget",
)
# JavaScript for JupyterLab; the rest of the wheels is Python for the kernel.
FOR_PAGE = ("jupyterlite_pyodide_kernel", "jupyterlab_widgets", "anywidget")
# The kernel's half in Python, which its extension holds.
OF_KERNEL = ("ipykernel", "piplite", "pyodide_kernel")

SETTINGS = {
    "@jupyterlab/notebook-extension:tracker": {"autoStartDefaultKernel": True},
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
    },
}


def build(out: Path) -> None:
    """Build the site in a folder, in the place of one built there before.

    Raises:
        SiteError: something must be installed first, or the folder holds something else.
    """
    if out.exists() and any(out.iterdir()) and not (out / "jupyter-lite.json").exists():
        raise SiteError(f"{out} is not empty, and no site")
    with tempfile.TemporaryDirectory() as work:
        lite = Path(work, "lite")
        tools, packages = _gather(Path(work), lite)
        _write(lite / "jupyter-lite.json", _config(packages))
        _run_jupyterlite(lite, tools, Path(work, "out"))
        early.write(Path(work, "out"), packages)
        front.write(Path(work, "out"))
        shutil.rmtree(out, ignore_errors=True)
        shutil.move(Path(work, "out"), out)


def _config(packages: list[str]) -> dict[str, Any]:
    kernel = {
        "disablePyPIFallback": True,  # nothing is fetched from elsewhere, whatever a cell imports
        "loadPyodideOptions": {"packages": packages},  # at once, and none is looked for
    }
    data = {
        "appName": "vmlab",
        "defaultKernelName": "python",
        "enableMemoryStorage": False,
        "exposeAppInBrowser": True,
        "vmlabFirst": FIRST_LESSON,
        "vmlabLanguages": languages(),
        "litePluginSettings": {f"{EXTENSIONS[0]}:kernel": kernel},
    }
    return {"jupyter-lite-schema-version": 0, "jupyter-config-data": data}


def _gather(work: Path, lite: Path) -> tuple[Path, list[str]]:
    # What JupyterLite takes up by itself lies where it looks; returns where its own parts are, and
    # the names of the packages.
    fetched, tools, static = work / "wheels", work / "tools", lite / "static" / "pyodide"
    for folder in (fetched, static):
        folder.mkdir(parents=True)
    wheels.download(fetched)
    wheels.unpack((wheel for wheel in fetched.iterdir() if wheel.name.startswith(FOR_PAGE)), tools)
    wheels.build_own(fetched)
    for wheel in fetched.iterdir():
        if not wheel.name.startswith(FOR_PAGE[:2]):
            wheels.copy_for_kernel(wheel, static)
    for wheel in (tools / EXTENSIONS_IN / EXTENSIONS[0] / "static/pypi").glob("*.whl"):
        if wheel.name.startswith(OF_KERNEL):
            wheels.copy_for_kernel(wheel, static)
    source = pyodide()
    for name in PYODIDE_FILES:
        shutil.copy(source / name, static)
    write_lock(source / "pyodide-lock.json", static)
    compile_imports(static)
    packages = write_lock(source / "pyodide-lock.json", static)
    contents.write(lite / "files")
    return tools, packages


def _run_jupyterlite(lite: Path, tools: Path, out: Path) -> None:
    found = [tools / EXTENSIONS_IN / name for name in EXTENSIONS]
    found.append(FOLDER / "lab")
    config: dict[str, Any] = {
        "apps": ["lab", "notebooks"],
        "contents": ["files"],
        "federated_extensions": list(map(str, found)),
        "ignore_sys_prefix": True,
        "no_sourcemaps": True,
        "output_dir": str(out),
    }
    _write(lite / "jupyter_lite_config.json", {"LiteBuildConfig": config})
    _write(lite / "overrides.json", SETTINGS)
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--force"]
    paths = [str(tools), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    ran = subprocess.run(command, cwd=lite, env=environment, check=False, **pipes)
    if ran.returncode:
        raise SiteError(f"JupyterLite could not be built; it says:\n{ran.stdout[-4000:]}")


def _write(path: Path, values: object) -> None:
    path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
