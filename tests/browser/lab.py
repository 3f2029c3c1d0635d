"""A JupyterLab of the tests' own."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat

START_SECONDS = 60

SERVER_CONFIG = {
    "IdentityProvider": {"token": ""},
    "LabApp": {"expose_app_in_browser": True},  # window.jupyterapp, for NotebookPage
    "JupyterNotebookApp": {"expose_app_in_browser": True},
}
USER_SETTINGS = {
    # JupyterLab neither asks for news nor fetches any.
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # The whole notebook is drawn, and nothing below it.
    "@jupyterlab/notebook-extension/tracker": {"scrollPastEnd": False, "windowingMode": "none"},
}


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    url: str
    folder: Path  # what it serves

    def add_notebook(self, name: str, *sources: str) -> str:
        """Write a notebook with these code cells and return its name."""
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
        nbformat.write(notebook, self.folder / name)
        return name


@contextmanager
def serve(home: Path) -> Iterator[Lab]:
    """Run `vmlab lab` on copies of the lessons; nothing of the user's own settings is read."""
    config, settings = home / "config", home / "settings"
    _write_json(config / "jupyter_server_config.json", SERVER_CONFIG)
    for name, values in USER_SETTINGS.items():
        _write_json(settings / f"{name}.jupyterlab-settings", values)
    environment = os.environ | {
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    port, folder, log = _free_port(), home / "lessons", home / "log"
    command = [sys.executable, "-m", "vmlab", "lab", folder, "--no-browser", "--port", str(port)]
    with log.open("w") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        lab = Lab(f"http://127.0.0.1:{port}", folder)
        _wait_for(lab, server, log)
        yield lab
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{lab.url}/api/status", timeout=5):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab does not answer; its log says:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _write_json(path: Path, values: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))
