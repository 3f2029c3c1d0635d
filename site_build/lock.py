"""Pyodide's lock file for the wheels of a folder: what there is, and what each needs."""

import email
import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

Entry = dict[str, Any]

# JavaScript for the page around the kernel, and what only a terminal needs.
UNUSED = {"jupyterlab-widgets", "prompt-toolkit", "wcwidth", "widgetsnbextension"}
LATE = {"jedi", "python-stdlib-late"}  # `kernel/started.py` fetches it when it is imported


def write_lock(npm_lock: Path, wheels: Path) -> list[str]:
    """Write `pyodide-lock.json` beside the wheels.

    Args:
        npm_lock: the lock file of the Pyodide in use; it tells which Python that is.
        wheels: the folder.

    Returns:
        The names of the packages.

    Raises:
        ValueError: a package needs another one that is not there.
    """
    lock = json.loads(npm_lock.read_text(encoding="utf-8"))
    environment = _environment(lock["info"])
    packages = dict(_entry(wheel, environment) for wheel in sorted(wheels.glob("*.whl")))
    for name, entry in packages.items():
        entry["depends"] = sorted({*entry["depends"]} - UNUSED - LATE)
        if missing := {*entry["depends"]} - packages.keys():
            raise ValueError(f"{name} needs {', '.join(sorted(missing))}: not among the wheels")
    lock["packages"] = packages
    text = json.dumps(lock, indent=1, sort_keys=True)
    (wheels / "pyodide-lock.json").write_text(text + "\n", encoding="utf-8")
    return list(packages)


def _environment(info: dict[str, str]) -> dict[str, str]:
    version = info["python"]
    return {
        "extra": "",
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": "wasm32",
        "platform_python_implementation": "CPython",
        "platform_system": "Emscripten",
        "python_full_version": version,
        "python_version": ".".join(version.split(".")[:2]),
        "sys_platform": "emscripten",
    }


def _entry(wheel: Path, environment: dict[str, str]) -> tuple[str, Entry]:
    with zipfile.ZipFile(wheel) as archive:
        files = archive.namelist()
        (path,) = (file for file in files if file.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(path))
    name = canonicalize_name(metadata["Name"])
    needs = map(Requirement, metadata.get_all("Requires-Dist") or ())
    return name, {
        "depends": [
            canonicalize_name(need.name)
            for need in needs
            if need.marker is None or need.marker.evaluate(environment)
        ],
        "file_name": wheel.name,
        "imports": sorted(filter(None, set(map(_imported, files)))),
        "install_dir": "site",
        "name": name,
        "package_type": "package",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "unvendored_tests": False,
        "version": metadata["Version"],
    }


def _imported(file: str) -> str:
    # The name under which a file at the top of a wheel, or the package that it begins, is imported.
    folder, _, name = file.rpartition("/")
    module, _, kind = name.rpartition(".")
    if kind not in ("py", "pyc") or "/" in folder:
        return ""
    return folder if module == "__init__" else "" if folder else module
