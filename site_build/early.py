"""Has Python started while JupyterLab is still loading, by what lies in `kernel/`."""

import json
import shutil
from pathlib import Path

from site_build.parts import FOLDER

KERNEL = FOLDER / "kernel"
STATIC = "static/pyodide"
URL = f"./{STATIC}/python.mjs"  # of what stands in Pyodide's place
PLUGIN = "@jupyterlite/pyodide-kernel-extension:kernel"
WORKERS = "extensions/@jupyterlite/pyodide-kernel-extension/static"
SCRIPT = '<script src="../{static}/early.js" data-root=".." data-version="{version}"></script>'
WORKER = """\
import "../../{workers}/{worker}";
import {{ begin }} from "./python.mjs";

begin({packages});
"""


def write(site: Path, packages: list[str]) -> None:
    """Add it to a site.

    Args:
        site: where it is.
        packages: the names of those that Python starts with.
    """
    folder = site / STATIC
    for name in ("early.js", "python.mjs", "started.py"):
        shutil.copy(KERNEL / name, folder)
    (worker,) = (site / WORKERS).glob("comlink.worker.*.js")
    names = json.dumps(packages)
    text = WORKER.format(workers=WORKERS, worker=worker.name, packages=names)
    (folder / "early.mjs").write_text(text, encoding="utf-8")
    file = site / "jupyter-lite.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    data = config["jupyter-config-data"]
    data["litePluginSettings"][PLUGIN]["pyodideUrl"] = URL
    file.write_text(json.dumps(config, indent=2), encoding="utf-8")
    script = SCRIPT.format(static=STATIC, version=data["appVersion"])
    for app in ("lab", "notebooks"):
        page = site / app / "index.html"
        html = page.read_text(encoding="utf-8")
        page.write_text(html.replace("<head>", f"<head>\n    {script}", 1), encoding="utf-8")
