"""The packages of the site: which versions, where they are fetched, vmlab's own wheel.

`python -m site_build.wheels` chooses the versions anew and writes them to `pins.txt`: those that
Pyodide's own lock file names, and of the others the newest.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from site_build.parts import FOLDER, ROOT, SiteError, pyodide

PINS = FOLDER / "pins.txt"
HEAD = "# The packages of the site. `python -m site_build.wheels` writes this file.\n"

# JupyterLite's kernel: its half in Python is inside, its half in the page is an extension.
KERNEL = "jupyterlite-pyodide-kernel"
KERNEL_VERSION = "0.8.6"  # the one that is made for the Pyodide of package.json

# What the kernel imports when it starts, with what that needs; then what vmlab needs.
PACKAGES = """
    micropip packaging ipython asttokens decorator executing matplotlib-inline traitlets pure-eval
    pygments stack-data six jedi parso typing-extensions ipython-pygments-lexers comm ipywidgets
    jupyterlab-widgets anywidget psygnal graphviz pyelftools
""".split()

# The lexers of Pygments that IPython imports, with what they import; there are 250 more.
LEXERS = (
    "__init__ _mapping _css _lilypond _scheme css data html javascript jvm lilypond lisp markup"
)
LEXERS += " perl python ruby shell special"

UNUSED = re.compile(
    r"^vmlab/(_notebooks/|__init__\.pyi|.*\.pot$)"  # the lessons lie beside it
    r"|\.data/(data/share/jupyter|scripts)/|/(labextension|nbextension)/"  # of the page
    r"|/tests?/|/sphinxext/|\.dist-info/RECORD$"
    r"|^IPython/terminal/(?!__init__|pt_inputhooks/__init__)"
    r"|^jedi/third_party/(django-stubs|typeshed/stdlib/2)/"  # names of other packages
    rf"|^pygments/lexers/(?!{'|'.join(LEXERS.split())})"
)

# IPython begins with its terminal, which is half of what it loads; a page has none.
INSTEAD = {"IPython/terminal/embed.py": "embed = None\n"}

# It completes code by jedi, which is as much to load as the rest of it: not before it is used.
COMPLETER = "IPython/core/completer.py"
IMPORT_OF_JEDI = re.compile(
    r"^try:\n    import jedi\n.*?^    JEDI_INSTALLED = False\n", re.S | re.M
)
LATE_JEDI = """\
class _LateJedi:
    def __getattr__(self, name):
        import jedi.api.classes, jedi.api.helpers
        jedi.settings.case_insensitive_completion = False
        return getattr(jedi, name)

jedi = _LateJedi()
JEDI_INSTALLED = True
"""


def download(folder: Path) -> None:
    """Fetch the packages of `pins.txt`; another file than the one that was pinned is an error."""
    _download(folder, ["--require-hashes", "--requirement", str(PINS)])


def _download(folder: Path, what: Iterable[str]) -> None:
    version = json.loads((pyodide() / "pyodide-lock.json").read_text())["info"]["python"]
    python = ["--python-version", version, "--implementation", "py", "--abi", "none"]
    options = ["--no-deps", "--only-binary=:all:", "--platform", "any", *python]
    _pip("download", *options, "--dest", str(folder), *what)


def _pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "-qq", *arguments], check=True)


def unpack(wheels: Iterable[Path], folder: Path) -> None:
    """Install wheels into a folder, where only this build sees them.

    JupyterLab complains of the kernel's extension if it finds it in its own environment.
    """
    names = [str(wheel) for wheel in wheels]
    _pip("install", "--no-deps", "--no-compile", "--target", str(folder), *names)


def build_own(folder: Path) -> None:
    """Build vmlab's wheel."""
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))


def copy_for_kernel(wheel: Path, folder: Path) -> None:
    """Copy a wheel without what no kernel in a browser uses, which every reader would download."""
    with (
        zipfile.ZipFile(wheel) as whole,
        zipfile.ZipFile(folder / wheel.name, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as copy,
    ):
        for info in whole.infolist():
            if info.filename in INSTEAD or not UNUSED.search(info.filename):
                content = _in_browser(info.filename, whole.read(info))
                copy.writestr(info, content, zipfile.ZIP_DEFLATED, 9)


def _in_browser(name: str, content: bytes) -> bytes | str:
    if name != COMPLETER:
        return INSTEAD.get(name, content)
    text, changes = IMPORT_OF_JEDI.subn(lambda _: LATE_JEDI, content.decode())
    if changes != 1:
        raise SiteError(
            f"{name} imports jedi in another way: see LATE_JEDI in site_build/wheels.py"
        )
    return text


def pin() -> None:
    """Write `pins.txt`."""
    known = json.loads((pyodide() / "pyodide-lock.json").read_text())["packages"]
    wanted = [f"{KERNEL}=={KERNEL_VERSION}"]
    wanted += [f"{name}=={known[name]['version']}" if name in known else name for name in PACKAGES]
    with tempfile.TemporaryDirectory() as folder:
        _download(Path(folder), wanted)
        pins = [_pinned(wheel) for wheel in sorted(Path(folder).glob("*.whl"))]
    PINS.write_text(HEAD + "".join(pins), encoding="utf-8")


def _pinned(wheel: Path) -> str:
    name, version = wheel.name.split("-")[:2]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"{name.replace('_', '-')}=={version} --hash=sha256:{digest}\n"


if __name__ == "__main__":
    pin()
