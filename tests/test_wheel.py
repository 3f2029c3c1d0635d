"""The wheel holds all that an installed vmlab needs."""

import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]  # it is built once

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder]
    subprocess.run([*build, ROOT], check=True)
    (built,) = folder.glob("vmlab-*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_every_file_is_in_the_wheel(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "vmlab", "notebooks"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ).stdout.split()
    wanted = {name.replace("notebooks/", "vmlab/_notebooks/", 1) for name in listed}
    packed = {path.relative_to(wheel).as_posix() for path in wheel.rglob("*") if path.is_file()}
    assert {"vmlab/py.typed", "vmlab/_notebooks/00_start_here.ipynb"} <= wanted
    assert wanted - packed == set()
    assert {name for name in packed if not name.startswith(("vmlab/", "vmlab-"))} == set()


def test_an_installed_vmlab_copies_its_lessons(wheel: Path, tmp_path: Path) -> None:
    copy = "import sys, pathlib, vmlab.commands.lab as l; l.copy_lessons(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", copy, tmp_path / "mine"], cwd=wheel, check=True)
    lesson = "00_start_here.ipynb"
    original = nbformat.read(ROOT / "notebooks" / lesson, as_version=4)
    copied = nbformat.read(tmp_path / "mine" / lesson, as_version=4)
    assert [cell.source for cell in copied.cells] == [cell.source for cell in original.cells]
