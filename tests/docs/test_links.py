"""Links that lead nowhere are found, and so is what comes from another host."""

from pathlib import Path

import pytest

from docs.links import broken


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<a href="other.html#here">', ""),
        ('<a href="../lab/index.html">', ""),
        ('<a href="https://example.org/">', ""),
        ('<img src="data:image/png;base64,AA==">', ""),
        ('<a href="sub/">', ""),
        ('<a href="none.html">', "leads to none.html, which is not there"),
        ('<a href="other.html#gone">', "leads to other.html#gone, which has no such place"),
        ('<a href="#gone">', "leads to #gone, which has no such place"),
        ('<img src="none.png">', "leads to none.png, which is not there"),
        (
            '<script src="https://example.org/x.js">',
            "loads https://example.org/x.js from elsewhere",
        ),
        ('<script src="//example.org/x.js">', "loads //example.org/x.js from elsewhere"),
    ],
)
def test_a_link(tmp_path: Path, body: str, problem: str) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("other.html", "sub/index.html"):
        (tmp_path / name).write_text('<p id="here">')
    (tmp_path / "page.html").write_text(body)
    assert broken(tmp_path) == ([f"page.html: {problem}"] if problem else [])
