"""What the how-to pages show is what vmlab answers."""

import doctest
import re
from pathlib import Path

import pytest

from docs.sources import DOCS

PAGES = sorted(path for path in (DOCS / "howto").glob("*.md") if path.stem != "index")
BLOCK = re.compile(r"^```pycon\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_page(path: Path) -> None:
    examples = "\n".join(BLOCK.findall(path.read_text("utf-8")))
    test = doctest.DocTestParser().get_doctest(examples, {}, path.name, str(path), 0)
    report: list[str] = []
    result = doctest.DocTestRunner().run(test, out=report.append)
    assert result.attempted > 3
    assert not result.failed, "".join(report)


def test_every_page_is_in_the_list() -> None:
    text = (DOCS / "howto" / "index.md").read_text("utf-8")
    assert set(re.findall(r"^(\w+)$", text.split("```{toctree}")[1], re.MULTILINE)) == {
        path.stem for path in PAGES
    }
