"""The picture of memory over time is as high as what there was, and as wide as it took."""

from __future__ import annotations

import re

from vmlab.diagrams.memory_samples import (
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    Sample,
    memory_samples_svg,
    memory_samples_text,
)


def area(svg: str, kind: str) -> list[tuple[float, float]]:
    """The corners of what is drawn of one kind."""
    (points,) = re.findall(rf'id="memory_samples\.{kind}".*\n.*points="([^"]*)"', svg)
    pairs = (pair.split(",") for pair in points.split())
    return [(float(x), float(y)) for x, y in pairs]


def test_kinds_lie_upon_each_other() -> None:
    samples = (Sample(0, 32, 16, 0, 0, 40), Sample(10, 64, 32, 0, 0, 80))
    svg = memory_samples_svg(samples, "x")
    bottom, most = TOP + HEIGHT, 96
    assert area(svg, "anon") == [
        (LEFT, round(bottom - HEIGHT * 32 / most, 2)),
        (RIGHT, round(bottom - HEIGHT * 64 / most, 2)),
        (RIGHT, bottom),
        (LEFT, bottom),
    ]
    assert area(svg, "file")[0] == (LEFT, bottom - HEIGHT * 48 / most)
    assert area(svg, "file")[-1] == area(svg, "anon")[0]
    assert area(svg, "pss")[-1] == (RIGHT, round(bottom - HEIGHT * 80 / most, 2))
    assert "memory_samples.swap" not in svg


def test_one_moment_is_as_wide_as_all() -> None:
    svg = memory_samples_svg([Sample(0, 32, 0, 0, 0, None)], "x")
    assert [x for x, _ in area(svg, "anon")] == [LEFT, RIGHT, RIGHT, LEFT]
    assert "memory_samples.pss" not in svg


def test_it_is_said_in_words() -> None:
    samples = (
        Sample(0, 1024, 0, 0, 0, None),
        Sample(1, 2048, 1024, 0, 0, None),
        Sample(2, 512, 0, 512, 0, 1024),
    )
    assert memory_samples_text(samples, "pid 7 x").splitlines() == [
        "pid 7 x, 3 looks",
        "  0 s: RSS 1 MiB",
        "  1 s: RSS 3 MiB",
        "  2 s: RSS 1 MiB, PSS 1 MiB",
    ]
    assert len(memory_samples_text(samples[:1], "x").splitlines()) == 2
