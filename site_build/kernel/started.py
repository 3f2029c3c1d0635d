"""Run in the site's Python when it has started: import what a kernel and its first cell do.

Then Python has it when JupyterLab is there and asks for a kernel. What is needed later, or never,
is fetched when somebody imports it.
"""

import importlib
import io
import site
import sys
import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

IMPORTED = (
    "piplite.piplite",
    "pyodide_kernel",  # before what looks for a kernel
    "ipywidgets",
    "vmlab.widgets.explorer",
    "vmlab.diagrams.layout.engine_browser",
)


class LatePackages:
    """Finds what no other finder has: in a wheel of the site, which is fetched then.

    Args:
        wheels: the files of wheels, each with the names that it lets import.
        fetch: gives the bytes of a file.
        folder: where a wheel is unpacked.
    """

    def __init__(
        self, wheels: Mapping[str, Collection[str]], fetch: Callable[[str], bytes], folder: str
    ) -> None:
        self._wheels, self._fetch, self._folder = wheels, fetch, folder

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module is; None: in none of them."""
        file = next((each for each, names in self._wheels.items() if name in names), None)
        if path is not None or not file:
            return None
        with zipfile.ZipFile(io.BytesIO(self._fetch(file))) as wheel:
            wheel.extractall(self._folder)
        importlib.invalidate_caches()
        return PathFinder.find_spec(name, [self._folder])


def main() -> None:
    """Import all that."""
    js, pyodide = map(importlib.import_module, ("js", "pyodide_js"))

    def fetch(file: str) -> bytes:
        request = js.XMLHttpRequest.new()
        request.open("GET", f"{pyodide.lockfileBaseUrl}{file}", False)  # an import cannot wait
        request.responseType = "arraybuffer"
        request.send()
        if request.status != 200:
            raise ImportError(f"{file}: the site answers {request.status}")
        return bytes(request.response.to_bytes())

    packages = pyodide.lockfile.packages.to_py().values()
    wheels = {package["file_name"]: package["imports"] for package in packages}
    sys.meta_path.append(LatePackages(wheels, fetch, site.getsitepackages()[0]))
    for name in IMPORTED:
        importlib.import_module(name)


if __name__ == "__main__":
    main()
