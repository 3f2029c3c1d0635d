"""What would be published: its contents, what an index asks of it, the same bytes each time."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import vmlab
from tests.release import LEFT_OUT, ROOT, build, contents, tracked

EPOCH = "1700000000"
WORKFLOWS = ROOT / ".github" / "workflows"
slow = [pytest.mark.slow, pytest.mark.xdist_group("release")]  # it is built once


def copy(target: Path, mode: int) -> Path:
    # The tree as another one checked it out: other times, and other rights for others.
    for name in sorted(tracked()):
        copied = target / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copied)
        copied.chmod(mode | (0o111 if os.access(ROOT / name, os.X_OK) else 0))
        os.utime(copied, (mode, mode))
    return target


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> list[list[Path]]:
    """Wheel and sdist, built from two copies of the tree."""
    folder = tmp_path_factory.mktemp("release")
    return [
        build(copy(folder / f"tree{mode}", mode), folder / f"dist{mode}", EPOCH)
        for mode in (0o644, 0o664)
    ]


class TestRelease:
    pytestmark = slow

    def test_two_builds_are_the_same_bytes(self, released: list[list[Path]]) -> None:
        first, second = released
        assert [file.name for file in first] == [
            f"vmlab-{vmlab.__version__}-py3-none-any.whl",
            f"vmlab-{vmlab.__version__}.tar.gz",
        ]
        for one, other in zip(first, second, strict=True):
            assert one.read_bytes() == other.read_bytes(), one.name

    def test_an_index_would_take_it(self, released: list[list[Path]]) -> None:
        check = [sys.executable, "-m", "twine", "check", "--strict", *released[0]]
        done = subprocess.run(check, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout

    def test_the_sdist_is_the_repository(self, released: list[list[Path]]) -> None:
        wanted = {name for name in tracked() if not LEFT_OUT.match(name)}
        assert contents(released[0][1]) == wanted | {"PKG-INFO", ".gitignore"}

    def test_the_wheel_is_the_package_and_its_lessons(self, released: list[list[Path]]) -> None:
        wanted = {
            name.replace("notebooks/", "vmlab/_notebooks/", 1)
            for name in tracked()
            if name.startswith(("vmlab/", "notebooks/"))
        }
        about = f"vmlab-{vmlab.__version__}.dist-info/"
        found = contents(released[0][0])
        assert {name for name in found if not name.startswith(about)} == wanted
        assert {name.removeprefix(about) for name in found if name.startswith(about)} == {
            *("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"),
        }

    def test_the_wheel_is_built_from_the_sdist(self, released: list[list[Path]]) -> None:
        wheel, sdist = released[0]
        folder = sdist.parent / "again"
        shutil.unpack_archive(sdist, folder)
        again = build(next(folder.iterdir()), folder / "dist", EPOCH)[0]
        assert again.read_bytes() == wheel.read_bytes()


def test_a_citation_names_this_version() -> None:
    text = (ROOT / "CITATION.cff").read_text("utf-8")
    assert re.findall(r"^version: (.*)$", text, re.MULTILINE) == [vmlab.__version__]
    assert re.findall(r"^license: (.*)$", text, re.MULTILINE) == ["BSD-3-Clause"]


def test_the_version_stands_in_one_place() -> None:
    written = re.compile(rf"version_*\W+{re.escape(vmlab.__version__)}")
    source = (ROOT / "vmlab" / "__init__.py").read_text("utf-8")
    assert written.search(source)
    assert not written.search((ROOT / "pyproject.toml").read_text("utf-8"))


def test_the_workflows_run_what_everybody_runs() -> None:
    assert "- run: .ci/run\n" in (WORKFLOWS / "ci.yml").read_text("utf-8")
    release = (WORKFLOWS / "release.yml").read_text("utf-8")
    assert "uses: ./.github/workflows/ci.yml" in release
    for command in re.findall(r"bin/python -m ([\w.]+)", release):
        path = ROOT / command.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), command
    lab, docs = "-m site_build site\n", "-m docs.build site/docs\n"
    assert release.index(lab) < release.index(docs), "the lab is built into an empty folder"


def test_nothing_is_published_to_a_place_that_is_named_here() -> None:
    for path in WORKFLOWS.iterdir():
        assert not re.search(r"https?://", path.read_text("utf-8")), path.name
