"""`vmlab draw` and `vmlab save`: in a pipe, into files, and what they say if something is wrong."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from vmlab import cli, host, language

ROOT = Path(__file__).parents[2]
PYTHON = str(host.EXAMPLES / "python.vmproc")
MAPS = "00400000-00402000 r-xp 00000000 08:01 5 /bin/x\n"


class Stdin:
    def __init__(self, text: bytes) -> None:
        self.buffer = io.BytesIO(text)


def test_words_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["draw", PYTHON]) == 0
    said = capsys.readouterr()
    assert re.match(r"pid \d+ python3: RSS [\d.]+ MiB, PSS ", said.out)
    assert said.err == ""


def test_a_text_comes_through_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b"hello\n> " + MAPS.encode()))
    assert cli.main(["draw", "-", "--picture", "address_space"]) == 0
    said = capsys.readouterr()
    assert "0x400000-0x402000 r-xp text, 8 KiB, 2 pages" in said.out
    assert said.err.splitlines()[0] == "line 1: 'hello' is not a line of /proc/PID/maps"


def test_svg_goes_through_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["draw", PYTHON, "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("<svg")


def test_files_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, start in (("a.svg", "<svg"), ("a.html", "<!doctype html>")):
        assert cli.main(["draw", PYTHON, "-o", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_text("utf-8").startswith(start)
    assert capsys.readouterr() == ("", "")


def test_a_page_speaks_the_language_that_is_asked_for(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    try:
        assert cli.main(["draw", PYTHON, "-o", str(page), "--lang", "ko"]) == 0
    finally:
        language("en")
    assert '<html lang="ko">' in page.read_text("utf-8")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc here")
def test_a_living_process_is_saved_and_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.vmproc"
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            assert cli.main(["save", str(process.pid), "-o", str(file)]) == 0
        finally:
            process.kill()
    assert cli.main(["draw", str(file), "--picture", "memory_use"]) == 0
    assert capsys.readouterr().out.startswith(f"pid {process.pid} ")


@pytest.mark.parametrize(
    ("argv", "status", "why"),
    [
        (["draw", "4194304"], 1, "there is no process 4194304"),
        (["draw", "nowhere"], 1, "nowhere: No such file or directory"),
        (["draw", PYTHON, "-o", "a.png"], 2, "no PNG is made here: write an SVG"),
        (["draw", PYTHON, "-o", "a.pdf"], 2, "a.pdf: the name must end in .svg or .html"),
        (["draw", PYTHON, "--picture", "map"], 2, "no picture is named 'map'; there are"),
        (["draw", PYTHON, "--picture", "tlb"], 1, "The kernel does not show the TLB: "),
        (["draw", PYTHON, "-o", "/nowhere/a.svg"], 1, "/nowhere/a.svg: No such file"),
        (["save", "4194304", "-o", "a"], 1, "there is no process 4194304"),
        (["save", "1", "-o", "/nowhere/a"], 1, ""),
    ],
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc here")
def test_what_is_wrong_is_told_in_one_line(
    argv: list[str], status: int, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(argv) == status
    said = capsys.readouterr()
    assert said.err.startswith(why)
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_elsewhere_than_on_linux_it_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("vmlab.host.proc.sys.platform", "darwin")
    assert cli.main(["draw", "1"]) == 1
    assert capsys.readouterr().err.startswith("a living process can be read on Linux only")
    assert cli.main(["draw", PYTHON]) == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc here")
def test_who_may_not_read_is_told_what_it_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("vmlab.host.proc._file", refuse)
    assert cli.main(["draw", "1"]) == 1
    assert "the same user as the process, or CAP_SYS_PTRACE" in capsys.readouterr().err


def test_a_reader_that_has_enough_is_no_failure() -> None:
    command = shlex.join([sys.executable, "-m", "vmlab", "draw", PYTHON, "-o", "-"])
    done = subprocess.run(
        f"{command} | head -c 10", shell=True, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (done.stdout[:4], done.stderr) == ("<svg", "")


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_the_commands_of_the_readme_are_those_there_are(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    ours = r"^(?:cat .* )?vmlab ((?:draw|save|replay|record) [^#\n]*)"
    commands = re.findall(ours, text, re.MULTILINE)
    assert len(commands) == 5
    for command in commands:
        cli._parser().parse_args(shlex.split(command))
