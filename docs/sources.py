"""What becomes a page: lessons and documents, gathered as Sphinx wants them, a tree a language."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
DOCUMENTS = ("export", "glossary", "instructor_guide")  # those that there are in each language
ENGLISH = "en"
# Where a link of a document in docs/ leads to in the site.
_LINKS = (
    (re.compile(r"\]\(\.\./notebooks/(?:\w\w/)?([^)#]+\.ipynb)"), r"](lessons/\1"),
    (re.compile(r"\]\(\.\./CONTRIBUTING\.md"), "](contributing.md"),
    (re.compile(r"\]\(docs/([^)]+)\)"), r"](\1)"),
)


def gather(language: str, target: Path) -> None:
    """Write the tree of pages in a language."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    suffix = "" if language == ENGLISH else f".{language}"
    folder = ROOT / "notebooks" / (language if suffix else ".")
    for part in (".", "incidents"):
        (target / "lessons" / part).mkdir(parents=True)
        for path in sorted((folder / part).glob("*.ipynb")):
            text = json.dumps(lesson(json.loads(path.read_text("utf-8"))), ensure_ascii=False)
            (target / "lessons" / part / path.name).write_text(text, "utf-8")
    for name, path in documents(suffix).items():
        page = target / f"{name}.md"
        page.parent.mkdir(exist_ok=True)
        page.write_text(_in_site(path.read_text("utf-8"), name, language), "utf-8")


def documents(suffix: str = "") -> dict[str, Path]:
    """Return the documents that there are with this end before `.md`, by the name of their page.

    >>> sorted(documents(".ko"))
    ['export', 'glossary', 'index', 'instructor_guide', 'lessons/index']
    """
    found = {name: DOCS / f"{name}{suffix}.md" for name in ("index", "lessons/index", *DOCUMENTS)}
    if not suffix:
        english = (path for path in DOCS.rglob("*.md") if not path.stem.endswith(".ko"))
        found |= {path.relative_to(DOCS).with_suffix("").as_posix(): path for path in english}
        found["contributing"] = ROOT / "CONTRIBUTING.md"
    return found


def lesson(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a lesson whose links lead to other pages of the site."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            source = "".join(cell["source"])
            cell["source"] = re.sub(r"\]\(\.\./(?:\.\./)?docs/", "](../", source)
    return notebook


def _in_site(text: str, name: str, language: str) -> str:
    for pattern, link in _LINKS:
        text = pattern.sub(link, text)
    if language == ENGLISH:
        return re.sub(rf"\]\({name}\.ko\.md\)", f"](english:ko/{name}.html)", text)
    text = re.sub(rf"\]\({name}\.md\)", f"](english:../{name}.html)", text)
    text = text.replace(f".{language}.md)", ".md)")
    return re.sub(r"\]\(([\w/]+)\.md(#[^)]*)?\)", lambda link: _known(link, language), text)


def _known(link: re.Match[str], language: str) -> str:
    # A link to a page that is only in English leads out of this tree.
    if PurePosixPath(link[1]).as_posix() in documents(f".{language}"):
        return link[0]
    return f"](english:../{link[1]}.html{link[2] or ''})"
