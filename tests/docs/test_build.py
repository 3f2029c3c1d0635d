"""The documentation site builds without a warning, and holds what it promises."""

import re
import sys
from pathlib import Path

import pytest

from docs import sources
from tests.docs.site import built

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("docs")]  # it is built once


@pytest.fixture(scope="module")
def docs_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("site"))


def test_the_front_page_has_one_button_for_the_lab(docs_site: Path) -> None:
    for page, lab in (
        ("index.html", "../lab/index.html?path=00_start_here.ipynb"),
        ("ko/index.html", "../../lab/index.html?path=ko/00_start_here.ipynb"),
    ):
        assert re.findall(r'big-button" href="([^"]+)"', (docs_site / page).read_text()) == [lab]


def test_each_lesson_runs_live_and_has_its_pictures(docs_site: Path) -> None:
    for folder, up, inner in (("lessons", "../../", ""), ("ko/lessons", "../../../", "ko/")):
        for path in (sources.ROOT / "notebooks").glob("*.ipynb"):
            page = (docs_site / folder / f"{path.stem}.html").read_text("utf-8")
            assert f'href="{up}lab/index.html?path={inner}{path.name}"' in page
            drawn = "image/svg+xml" in path.read_text("utf-8")
            assert ("data:image/svg+xml" in page) == drawn


def test_nothing_remembers_where_it_was_built(docs_site: Path) -> None:
    here = str(Path(sys.prefix).resolve().parent)
    for path in docs_site.rglob("*.html"):
        assert here not in path.read_text("utf-8"), path
