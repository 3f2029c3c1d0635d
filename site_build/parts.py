"""Where the parts of the site come from, and what is said when one is missing."""

import json
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
PYODIDE = ROOT / "node_modules" / "pyodide"


class SiteError(Exception):
    """The site cannot be built; the text says what to do."""


def pyodide() -> Path:
    """Return the folder of the Pyodide that package.json names.

    Raises:
        SiteError: it is not there, or of another version.
    """
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    wanted = package["devDependencies"]["pyodide"]
    try:
        found = json.loads((PYODIDE / "package.json").read_text(encoding="utf-8"))["version"]
    except FileNotFoundError:
        found = "none"
    if found != wanted:
        raise SiteError(f"Pyodide {wanted} is needed, {found} is here: run `npm install`")
    return PYODIDE
