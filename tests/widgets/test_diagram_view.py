"""The picture's widget: what it tells, what a saved notebook keeps."""

from __future__ import annotations

from vmlab.diagrams.layout import on_paper
from vmlab.widgets.clickable_view import Pick
from vmlab.widgets.diagram_view import DiagramView

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"></svg>'


def test_what_was_pointed_at_reaches_python() -> None:
    view = DiagramView()
    told: list[tuple[str, Pick]] = []
    view.on_click(lambda pick: told.append(("click", pick)))
    view.on_double_click(lambda pick: told.append(("double", pick)))
    view.on_hover(lambda pick: told.append(("hover", pick)))
    for content in (
        {"type": "hover", "id": "pfn_7"},
        {"type": "click", "id": "vma_1_401000", "shift": True},
        {"type": "double_click", "id": "mm_1"},
        {"type": "something else"},
    ):
        view._handle_custom_msg(content, [])
    assert told == [
        ("hover", Pick("pfn_7")),
        ("click", Pick("vma_1_401000", shift=True)),
        ("double", Pick("mm_1")),
    ]


def test_a_saved_notebook_keeps_a_picture() -> None:
    shown, stored = DiagramView(svg=SVG, label="Frames").outputs()
    assert shown["text/plain"] == "DiagramView('Frames')"
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert stored["image/svg+xml"] == on_paper(SVG)
    assert '<rect width="100%" height="100%" fill="white"/>' in stored["image/svg+xml"]
    assert stored["text/html"].startswith('<div class="vm-stored"><img alt="Frames"')


def test_without_a_picture_there_is_none_to_keep() -> None:
    assert len(DiagramView().outputs()) == 1
