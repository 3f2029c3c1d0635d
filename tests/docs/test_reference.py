"""The API reference holds every public name."""

import re
from enum import EnumMeta

import vmlab
from docs.sources import DOCS

TEXT = "\n".join(path.read_text("utf-8") for path in (DOCS / "api").glob("*.md"))
LISTED = set(re.findall(r":: [\w.]*\.(\w+)", TEXT))


def test_every_public_name_is_in_the_reference() -> None:
    public = {
        name
        for name in vmlab.__all__
        if callable(getattr(vmlab, name)) or isinstance(getattr(vmlab, name), EnumMeta)
    }
    assert public - LISTED == set()


def test_every_module_is_in_the_reference() -> None:
    modules = {name for name in vmlab.__all__ if hasattr(getattr(vmlab, name), "__spec__")}
    assert modules - LISTED == set()
