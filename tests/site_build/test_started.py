"""What a kernel fetches late."""

import importlib
import sys
import zipfile
from pathlib import Path

import pytest

from site_build.kernel.started import LatePackages
from site_build.lock import LATE

FILES = {
    "vmlab_site_late/__init__.py": "VALUE = 42\n",
    "vmlab_site_late/inner.py": "from vmlab_site_late import VALUE\n",
}


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The wheels that were fetched; one of them lets `vmlab_site_late` be imported."""
    wheel = tmp_path / "late.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name, text)
    found: list[str] = []

    def fetch(file: str) -> bytes:
        found.append(file)
        return wheel.read_bytes()

    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    late = LatePackages({"late.whl": ["vmlab_site_late"]}, fetch, str(folder))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, late])
    return found


def test_a_package_is_fetched_when_it_is_imported(fetched: list[str]) -> None:
    import_module = importlib.import_module
    with pytest.raises(ModuleNotFoundError, match="vmlab_site_unknown"):
        import_module("vmlab_site_unknown")
    assert fetched == []
    assert import_module("vmlab_site_late").VALUE == 42
    assert import_module("vmlab_site_late.inner").VALUE == 42
    with pytest.raises(ModuleNotFoundError, match=r"vmlab_site_late\.late"):
        import_module("vmlab_site_late.late")
    assert fetched == ["late.whl"]


def test_what_is_late_is_left_out_at_the_start() -> None:
    script = Path("site_build/kernel/python.mjs").read_text(encoding="utf-8")
    (line,) = (each for each in script.splitlines() if each.startswith("const LATE ="))
    assert all(f'"{name}"' in line for name in LATE)
