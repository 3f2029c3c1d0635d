"""The documentation site, built for tests."""

import subprocess
import sys
from pathlib import Path

import pytest

from docs.sources import ROOT


def built(folder: Path) -> Path:
    """Build it below a folder as `python -m docs.build` does, and return where it lies."""
    pytest.importorskip("furo", reason="the extra `docs` is not installed")
    build = [sys.executable, "-m", "docs.build", folder / "docs", "--work", folder / "work"]
    result = subprocess.run(
        build, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert result.returncode == 0, result.stdout
    return folder / "docs"
