"""`vmlab lab`: open JupyterLab on the lessons."""

import argparse
import json
import os
import sys
from pathlib import Path

from vmlab.commands.common import Commands, add_language
from vmlab.words.language import ENGLISH, VARIABLE, languages, say

DEFAULT_FOLDER = "vmlab-lessons"
FIRST_LESSON = "00_start_here.ipynb"

_PACKAGE = Path(__file__).parent.parent
_IN_WHEEL = _PACKAGE / "_notebooks"
_IN_CHECKOUT = _PACKAGE.parent / "notebooks"


def add(commands: Commands) -> None:
    """Add the command, and what can be said behind it."""
    parser = commands.add_parser("lab", help=say("open JupyterLab on the lessons"))
    parser.set_defaults(run=run)
    parser.add_argument(
        "folder",
        nargs="?",
        metavar="FOLDER",
        type=Path,
        help=say(
            "work on copies of the lessons in FOLDER; a lesson already there is kept as it is "
            "(default: the checkout's own notebooks, or ./{folder})",
            folder=DEFAULT_FOLDER,
        ),
    )
    parser.add_argument(
        "--no-browser",
        dest="browser",
        action="store_false",
        help=say("only serve, and print the URL"),
    )
    add_language(parser, say("the language of the lessons (default: that of VMLAB_LANG)"))
    parser.add_argument("--port", type=int, help=say("port to serve on (default: a free one)"))


def run(args: argparse.Namespace) -> int:
    """Serve the lessons until the user stops the server; return the exit status."""
    return serve(args.folder, browser=args.browser, port=args.port, code=args.lang)


def serve(folder: Path | None, *, browser: bool, port: int | None, code: str = ENGLISH) -> int:
    """Serve the lessons until the user stops the server; return the exit status.

    Args:
        folder: where copies of the lessons are; the lessons themselves unless given.
        browser: whether to open one.
        port: to serve on; a free one unless given.
        code: the language of the lessons, and of the kernels that run them.
    """
    os.environ[VARIABLE] = code
    if folder is None and _IN_WHEEL.is_dir():
        folder = Path(DEFAULT_FOLDER)
    if folder is None:
        folder = _lessons(code)
    else:
        try:
            changed = copy_lessons(folder, code)
        except OSError as problem:
            print(say("the lessons cannot be copied: {problem}", problem=problem), file=sys.stderr)
            return 1
        for name in changed:
            print(
                say(
                    "kept {file}: it differs from the lesson; delete it to restore the original",
                    file=folder / name,
                )
            )
    return _launch(folder, browser=browser, port=port)


def _lessons(code: str) -> Path:
    # Those in another language stand in a folder of its name, below the English ones.
    source = _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT
    return source if code == ENGLISH else source / code


def copy_lessons(folder: Path, code: str = ENGLISH) -> list[str]:
    """Copy the lessons in a language into folder; return the names of those that are changed.

    A file already in folder is never written: it may hold somebody's work. The copies have no
    outputs, so that a reader can predict them.
    """
    source = _lessons(code)
    others = {".ipynb_checkpoints", *languages()}
    changed = []
    for lesson in sorted(source.rglob("*")):
        name = lesson.relative_to(source)
        if not lesson.is_file() or others & {*name.parts}:
            continue
        copy = folder / name
        if not os.path.lexists(copy):  # a link that leads nowhere is somebody's too
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(_handed_out(lesson))
        elif not copy.is_file() or copy.read_bytes() not in (
            _handed_out(lesson),
            lesson.read_bytes(),
        ):
            changed.append(name.as_posix())
    return changed


def _handed_out(lesson: Path) -> bytes:
    # A lesson as a student gets it; other files as they are.
    if lesson.suffix != ".ipynb":
        return lesson.read_bytes()
    notebook = json.loads(lesson.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _launch(folder: Path, *, browser: bool, port: int | None) -> int:
    # Imported here: `vmlab doctor` must run where JupyterLab is broken or absent.
    from jupyterlab.labapp import LabApp

    options = [f"--ServerApp.root_dir={folder.resolve()}"]
    options.append(f"--LabApp.default_url=/lab/tree/{FIRST_LESSON}")
    if not browser:
        options.append("--no-browser")
    if port is not None:
        options.append(f"--port={port}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # a container's only user; the server asks for its token
    LabApp.launch_instance(options)
    return 0
