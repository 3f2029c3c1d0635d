"""A recording as a page that plays it without Python: for slides, blogs, wikis."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from vmlab.model import arguments
from vmlab.record.recorder import Recorder
from vmlab.widgets.panels import named
from vmlab.widgets.played import Data, Progress, played
from vmlab.widgets.played_page import link, page
from vmlab.widgets.scenes import Scenes
from vmlab.words.language import say, speaking, spoken

LEVELS = ("steps", "chapters")
LARGE = 1_500_000  # bytes of a page that a slide or a wiki takes


def export(
    recording: Recorder | str | os.PathLike[str] | None,
    path: str | os.PathLike[str],
    *,
    pictures: str | Iterable[str] | None = None,
    by: str = "steps",
    language: str | None = None,
    title: str = "",
    progress: bool = False,
) -> Path:
    """Write a recording as one HTML file, which plays it without Python and without a network.

    Args:
        recording: a recorder, or the path of a file that `Recorder.to_json` or an Explorer wrote.
            None = a page that plays what its link holds, as `vmlab export --link` prints it.
        path: of the page.
        pictures: the pictures to choose from, by the names that `show` has for them. None = one at
            a time: for each chapter the picture that shows most of what it is about.
        by: 'steps' = a picture after each step; 'chapters' = only where chapters end, which takes
            less time and a smaller page.
        language: of the page, such as 'ko'; None = the present one.
        title: of the page; '' = the names of the calls.
        progress: whether to print how far it has come.

    Returns the path.

    A page that is large for slides and wikis is written with a warning.

    Raises:
        UsageError: no picture has that name, or vmlab does not speak the language.
        StateError: the file is no recording; the message says what is wrong where.
        OSError: a file cannot be read, or written.
    """
    with speaking(spoken() if language is None else language):
        data = None
        if recording is not None:
            data = data_of(recording, pictures=pictures, by=by, title=title, progress=progress)
        text = page(data)
    file = Path(path)
    file.write_text(text, encoding="utf-8")
    if problem := too_large(text, by):
        warnings.warn(f"{file}: {problem}", stacklevel=2)
    return file


def data_of(
    recording: Recorder | Scenes | str | os.PathLike[str],
    *,
    pictures: str | Iterable[str] | None = None,
    by: str = "steps",
    title: str = "",
    progress: bool = False,
    pids: Collection[int] | None = None,
) -> Data:
    """Return what a page plays; the arguments are those of `export`.

    Args:
        pids: the processes to draw; None = all.
    """
    arguments.one_of(by, LEVELS, LEVELS, "by")
    arguments.text(title, "title")
    names = named(pictures if isinstance(pictures, str) else tuple(pictures or ()))
    if isinstance(recording, str | os.PathLike):
        recording = Recorder.from_json(Path(recording).read_bytes().decode(errors="replace"))
    if not isinstance(recording, Scenes):
        arguments.instance(recording, Recorder, "recording")
        recording = Scenes(recording)
    shown: Progress = _bar if progress else iter
    return played(
        recording,
        pictures=names,
        pids=pids,
        by_steps=by == "steps",
        title=title,
        progress=shown,
    )


def link_to(address: str, recording: Recorder | str | os.PathLike[str], **options: Any) -> str:
    """Return a link that plays a recording in the page without one at an address.

    Args:
        address: of the page, which `export(None, ...)` wrote.
        recording: what to play.
        options: as `data_of` takes them.

    Raises:
        UsageError: it is too much for a link.
    """
    return link(data_of(recording, **options), address)


def too_large(text: str, by: str) -> str:
    """Say that a page is large, and how it becomes smaller; '' = it is not."""
    size = len(text.encode())
    if size <= LARGE:
        return ""
    values = {"size": size / 1e6, "most": LARGE / 1e6}
    if by == "steps":
        return say(
            "the page has {size:.1f} MB, more than {most} MB; with a picture for each chapter only "
            "it is smaller (by chapters)",
            **values,
        )
    return say(
        "the page has {size:.1f} MB, more than {most} MB; it is smaller with fewer pictures, or "
        "with a part of the recording",
        **values,
    )


def _bar(positions: Sequence[int]) -> Iterable[int]:
    from tqdm.auto import tqdm

    bar: Iterable[int] = tqdm(positions, desc=say("pictures"))
    return bar
