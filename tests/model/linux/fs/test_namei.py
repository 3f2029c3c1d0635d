"""Paths: what they name, and what is wrong with them."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import start
from tests.refused import refused
from vmlab import LinuxError, Open


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/none", "ENOENT"),
        ("", "ENOENT"),
        ("/none/below", "ENOENT"),
        ("/f/below", "ENOTDIR"),
        ("/" + "x" * 255, "ENOENT"),
        ("/" + "x" * 256, "ENAMETOOLONG"),
        ("/none/" + "x" * 256, "ENOENT"),
        ("/dev/" + "x" * 256, "ENAMETOOLONG"),
        ("/a" * 2048, "ENAMETOOLONG"),
        ("/" + "\u00e9" * 128, "ENAMETOOLONG"),
    ],
)
@pytest.mark.parametrize("call", ["open", "execve"])
def test_a_path_that_names_nothing(path: str, error: str, call: str) -> None:
    p = start()
    with pytest.raises(LinuxError, match=error):
        getattr(p, call)(path)
    assert p.state == "R"


def test_creating_a_file() -> None:
    p = start()
    assert p.open("/new", Open.O_RDWR | Open.O_CREAT) == 4
    for path, code, error in (
        ("/none/new", "no_such_path", "ENOENT"),
        ("/f/new", "not_directory", "ENOTDIR"),
        ("/new", "path_exists", "EEXIST"),
    ):
        with refused(LinuxError, code, error):
            p.open(path, Open.O_CREAT | Open.O_EXCL)
