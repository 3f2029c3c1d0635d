"""Find links of a built site that lead nowhere, and what it would load from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADED = {"script", "img", "iframe", "source", "link", "video", "audio"}


@dataclass
class Page(HTMLParser):
    """What a page links to and can be linked to."""

    links: list[tuple[str, str]] = field(default_factory=list)  # (tag, URL)
    ids: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag's id and where it leads."""
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.ids.add(value)
            elif name in ("href", "src") and value:
                self.links.append((tag, value))


def read(path: Path) -> Page:
    """Read a page."""
    page = Page()
    page.feed(path.read_text("utf-8"))
    return page


def broken(site: Path) -> list[str]:
    """Return a line for each link that leads to no file or no place of the site.

    What lies outside of the site (the lab, beside it) is not asked for.
    """
    site = site.resolve()
    pages = {path: read(path) for path in sorted(site.rglob("*.html"))}
    return [
        f"{path.relative_to(site)}: {problem}"
        for path, page in pages.items()
        for tag, url in page.links
        for problem in _problems(site, path, tag, url, pages)
    ]


def _problems(site: Path, path: Path, tag: str, url: str, pages: dict[Path, Page]) -> Iterator[str]:
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        if tag in _LOADED and parts.scheme != "data":
            yield f"loads {url} from elsewhere"
        return
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_relative_to(site):
        return
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        yield f"leads to {url}, which is not there"
    elif target in pages and unquote(parts.fragment) not in pages[target].ids | {""}:
        yield f"leads to {url}, which has no such place"
