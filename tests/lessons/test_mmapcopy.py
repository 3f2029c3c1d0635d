"""The C program of the last lesson, on this computer."""

import shutil

import pytest

from vmlab import mmapcopy


@pytest.mark.skipif(not (shutil.which("cc") or shutil.which("gcc")), reason="no C compiler")
@pytest.mark.parametrize("data", [b"", b"x", b"page" * 5000])
def test_it_copies(data: bytes) -> None:
    assert mmapcopy.for_real(data) == data


def test_without_a_compiler_it_says_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert mmapcopy.for_real(b"x") is None


def test_the_program_is_shown_as_it_is_compiled() -> None:
    assert "mmap(NULL, info.st_size, PROT_READ, MAP_PRIVATE, fd, 0)" in mmapcopy.source()
