"""Binder could build its image from this repository and open the first lesson."""

import shutil
import subprocess
from pathlib import Path

import pytest

BINDER = Path(__file__).parent.parent / "binder"
PYTHON = (BINDER / "runtime.txt").read_text().strip().replace("-", "")


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which(PYTHON), reason=f"{PYTHON} is not installed")
@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_binder() -> None:
    result = subprocess.run(
        ["bash", BINDER / "check.sh"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert result.returncode == 0, result.stdout
    assert result.stdout.endswith("Binder would open notebooks/00_start_here.ipynb\n")
