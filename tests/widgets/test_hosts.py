"""What vmlab shows needs nothing that only JupyterLab, or only a new browser, has."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FRONTEND = ROOT / "vmlab" / "widgets" / "frontend"
SHOWN = [*FRONTEND.iterdir(), *(ROOT / "vmlab").rglob("*.py")]
LESSONS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
FOREIGN = re.compile(r"var\(\s*--(?!vm-)([\w-]+)\s*(.)")
# What a host or a browser of the last years lacks, and how it is written where it is used.
LACKED = re.compile(
    r"\b(?:ResizeObserver|IntersectionObserver|Map\.groupBy|Object\.groupBy|withResolvers)\b"
    r"|\.(?:(?:show|hide|toggle)Popover|animate|getAnimations|startViewTransition)\("
    r"|:popover-open|navigator\.(?:clipboard|share)\b|(?:crypto|self|window)\.randomUUID\b"
    r"|\b(?:structuredClone|requestIdleCallback|showSaveFilePicker|localStorage)\b"
)
KB = 1000


def without_fallback(text: str) -> list[str]:
    return [name for name, after in FOREIGN.findall(text) if after != ","]


def test_a_variable_of_jupyterlab_has_a_fallback() -> None:
    found = {
        path.name: names for path in SHOWN if (names := without_fallback(path.read_text("utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("css", "names"),
    [
        ("var(--jp-layout-color0, Canvas)", []),
        ("var(--vm-ink)", []),
        ("var(--jp-layout-color0)", ["jp-layout-color0"]),
        ("var( --jp-x )", ["jp-x"]),
    ],
)
def test_a_variable_without_is_found(css: str, names: list[str]) -> None:
    assert without_fallback(css) == names


def test_what_a_host_may_lack_is_asked_for_in_one_place() -> None:
    found = {
        path.name: LACKED.findall(path.read_text("utf-8"))
        for path in FRONTEND.glob("*.js")
        if path.name != "host.js"
    }
    assert {name: uses for name, uses in found.items() if uses} == {}
    assert LACKED.findall((FRONTEND / "host.js").read_text("utf-8"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_lesson_is_small_and_its_pictures_stand_in_two_forms(path: Path) -> None:
    assert path.stat().st_size < 300 * KB
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            if "image/svg+xml" in (data := output.get("data", {})):
                image = "".join(data["text/html"])
                assert 'src="data:image/svg+xml;base64,' in image
                assert re.search(r'<img alt="[^"]+"', image), "its words stand in it"
