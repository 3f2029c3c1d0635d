"""What a lesson recorded is a page that a slide or a wiki takes."""

from pathlib import Path

import pytest

from tests.lesson_recordings import LESSONS, longest
from tests.widgets.played_values import values_of
from vmlab import Recorder, export
from vmlab.widgets.export import LARGE
from vmlab.widgets.undo_and_files import MOST_STEPS

WITHOUT = {
    "01_see_what_a_process_is_given",
    "02_read_mm_struct_and_vm_area_struct",
    "17_look_at_your_own_process",
}


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_the_page_of_a_lesson_is_small(lesson: Path, tmp_path: Path) -> None:
    file = longest(lesson, tmp_path)
    if lesson.stem in WITHOUT:
        assert file is None
        return
    assert file is not None
    recorder = Recorder.from_json(file.read_text(encoding="utf-8"))
    by = "steps" if len(recorder) <= MOST_STEPS else "chapters"
    page = export(recorder, tmp_path / "page.html", by=by)
    assert page.stat().st_size < LARGE
    scenes = values_of(page.read_text(encoding="utf-8"))["scenes"]
    assert by == "chapters" or len(scenes) == len(recorder) + 1
