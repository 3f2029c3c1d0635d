"""What the widgets say comes from the catalogue, whenever it is said."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from traitlets import TraitError

from tests.diagrams.pictures import words
from tests.diagrams.test_words import FUNCTIONS, NAMES, TITLE
from tests.pseudo_language import marked, plain_words, pseudo_language
from vmlab import Machine, Prot, language
from vmlab.model.abi.calls import ACTIONS
from vmlab.model.abi.mman import Vm
from vmlab.model.linux.mm.vma_munmap import do_munmap
from vmlab.widgets import typed_values as typed
from vmlab.widgets.base import View
from vmlab.widgets.diagram_view import DiagramView
from vmlab.widgets.explorer import Explorer
from vmlab.widgets.pictures import PICTURES
from vmlab.widgets.player import Player

# Parts of the state that hold names, codes, or what a person types.
NOT_READ = {"call", "change", "event", "field", "highlight", "id", "name", "options", "outcome"}
NOT_READ |= {"layout", "lines", "menus", "path", "texts"}
# Names of errors, signals, regions and files; what can be typed; what Python says of JSON; what
# stands in the memory of the program.
NAMES_BESIDE = set(
    """
    EINVAL ENOENT SIGSEGV SEGV_MAPERR si_addr brk vvar vvar_vclock page pages private rdonly rw
    vv...clock sync dontneed getfd ok format state.json vmlab-state.json vmlab recording Expecting
    recording.html     value hello memory current cwd set stat
    FIONREAD wake self monotonic block ko real exited ex nb getval ifreg stream unix wr
    """.split()
)
NAMES_BESIDE |= {name.removeprefix("VM_") for name in Vm.__members__} | {*Vm.__members__}
A_PATH = r"(?<!\w)/[\w./]+|[\w/]+\.[chS]\b"
# Functions, events, objects; rights; bits of entries; flags.
A_NAME = "[a-z]+(_[a-z0-9.]+)+|r?w?x?[ps]?|[PWUADN]+|(PROT|MAP)_[A-Z]+"


@pytest.fixture(autouse=True)
def made_up() -> Iterator[None]:
    with pseudo_language():
        yield


@pytest.fixture
def machine() -> Machine:
    machine = Machine()
    machine.spawn()
    return machine


@pytest.fixture
def explorer(machine: Machine) -> Explorer:
    return Explorer(machine, calls=ACTIONS)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            if name not in NOT_READ and not str(name).startswith("_"):
                yield from texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts(part)


def read(view: View) -> set[str]:
    """Return the words in plain letters that a page shows of a widget."""
    state = view.get_state()
    if svg := state.pop("svg", ""):
        root = ET.fromstring(svg)
        state["shown"] = [*words(root), *(part.get(TITLE, "") for part in root.iter())]
    return plain_words(re.sub(A_PATH, "", "\n".join(texts(state))))


def left(explorer: Explorer) -> set[str]:
    """Return the words in plain letters that an Explorer shows and that are no names."""
    views = (explorer.controls, explorer.toolbar, explorer.maps)
    found = set().union(*map(read, (*views, explorer.player, *explorer.pictures)))
    found -= {*NAMES, *FUNCTIONS, *NAMES_BESIDE, *ACTIONS}
    return {word for word in found if not re.fullmatch(A_NAME, word)}


def filled(call: str, **fields: str) -> Callable[[Explorer], None]:
    """Return what makes a call with what was typed into its fields."""

    def act(explorer: Explorer) -> None:
        explorer.controls.fill({call: fields})
        explorer.call(call)

    return act


def by_hand(explorer: Explorer) -> None:
    process = explorer.process
    do_munmap(process.mm, process.mm.mmap.vm_start, 4096)
    explorer.refresh()


ACTS: dict[str, Callable[[Explorer], object]] = {
    "opened": lambda explorer: None,
    "fork": lambda explorer: explorer.fork(),
    "mmap": lambda explorer: explorer.mmap(addr=None, length=8192, prot=3, flags=0x22),
    "write": lambda explorer: explorer.store(addr=explorer.process.mm.start_stack, data=b"x"),
    "no field": filled("munmap", addr="?", length="1 page"),
    "refused": lambda explorer: explorer.munmap(addr=1, length=4096),
    "no file": filled("mmap", fd="/none"),
    "signal": lambda explorer: explorer.store(addr=8, data=b"x"),
    "dead": lambda explorer: (explorer.exit_group(code=0), explorer.getpid()),
    "undo": lambda explorer: (explorer.fork(), explorer.undo()),
    "redo": lambda explorer: (explorer.fork(), explorer.undo(), explorer.redo()),
    "reset": lambda explorer: (explorer.fork(), explorer.reset(), explorer.undo()),
    "by hand": by_hand,
    "undone by hand": lambda explorer: (by_hand(explorer), explorer.undo()),
    "beginning": lambda explorer: (explorer.fork(), explorer.player.first()),
    "go on": lambda explorer: (explorer.fork(), explorer.player.first(), explorer.go_on()),
    "load a state": lambda explorer: explorer.load_file(explorer.timeline.now.to_json()),
    "load nothing": lambda explorer: explorer.load_file("no file"),
    "load another": lambda explorer: explorer.load_file('{"format": "x"}', "state.json"),
    "save": lambda explorer: explorer.save("save_state", ""),
    "save a page": lambda explorer: explorer.save("save_page", ""),
    "save by hand": lambda explorer: (by_hand(explorer), explorer.save("save_recording", "")),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_all_that_an_explorer_shows(explorer: Explorer, act: Callable[[Explorer], object]) -> None:
    act(explorer)
    assert left(explorer) == set()


@pytest.mark.parametrize("place", range(len(PICTURES) - 1))
def test_every_picture_of_an_explorer(explorer: Explorer, place: int) -> None:
    explorer.fork()
    explorer.store(addr=explorer.process.mm.start_stack, data=b"x")
    view = list(explorer.pictures)[1]
    view.tab = view.tabs[place]
    assert left(explorer) == set()
    assert view.label != PICTURES[list(explorer.pictures.values())[1][place]].label


def test_what_the_acts_told(explorer: Explorer) -> None:
    """The acts above are not silent: each shows something of its own."""
    told = set()
    for act in ACTS.values():
        act(explorer)
        controls = explorer.controls
        told |= {*explorer.toolbar.does.values(), controls.note}
        told |= {str(controls.answer.get("words")), str(controls.problem.get("words"))}
    assert len(told) > 20


def test_a_machine_without_processes() -> None:
    explorer = Explorer(Machine())
    assert explorer.maps.title == marked("No process")
    assert left(explorer) == set()
    explorer.fork()
    assert left(explorer) == set()


def test_an_ended_process(machine: Machine, explorer: Explorer) -> None:
    explorer.fork()
    machine[1001].exit(0)
    explorer.refresh()
    assert explorer.controls.processes[1]["label"] == f"1001 a.out ({marked('ended')})"
    assert left(explorer) == set()


@pytest.mark.parametrize(
    "slip",
    [
        lambda machine: Explorer(machine, show=["tree"]),
        lambda machine: Explorer(machine, show=[()]),
        lambda machine: Explorer(machine, calls=["sbrk"]),
        lambda machine: Explorer(machine).call("sbrk"),
        lambda machine: Explorer(machine, calls=[3]),
        lambda machine: Player(steps=3),
        lambda machine: Player(count=0),
    ],
)
def test_a_slip(machine: Machine, slip: Callable[[Machine], object]) -> None:
    with pytest.raises((ValueError, TypeError, TraitError)) as refused:
        slip(machine)
    known = {"tree", "sbrk", "Player", "steps", "calls", "CallForm", *PICTURES, *ACTIONS}
    assert plain_words(str(refused.value)) <= known | {*Player.class_traits()}


@pytest.mark.parametrize(
    ("read", "text"),
    [
        *[(typed.parse_address, text) for text in ("", "?", "nowhere", "0x" + "1" * 300, "10")],
        *[(typed.parse_address, text) for text in ("0x7f..", "-1", "1 2")],
        *[(typed.parse_length, text) for text in ("", "?", "3 feet", "-1", "1" * 300)],
        (lambda text: typed.parse_address(text, names={"stack": 1}), "nowhere"),
        (lambda text: typed.parse_flags(text, Prot), ""),
        (lambda text: typed.parse_flags(text, Prot), "nowhere"),
        *[(typed.parse_bytes, text) for text in ("", "0x1")],
        (typed.parse_number, "?"),
        (typed.parse_words, "'"),
        (typed.parse_signal, "nowhere"),
        (typed.parse_truth, "?"),
    ],
)
def test_what_cannot_be_read(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(typed.FieldError) as refused:
        read(text)
    names = {"nowhere", "stack", "feet", "PROT_"}
    names |= {name.removeprefix("PROT_").lower() for name in Prot.__members__}
    assert plain_words(str(refused.value)) <= names


def test_a_picture_by_itself() -> None:
    assert read(DiagramView()) == set()


def test_another_language_is_spoken_from_then_on(explorer: Explorer) -> None:
    language("en")
    explorer.fork()
    assert explorer.toolbar.does["undo"] == "Undo fork"
    assert next(iter(explorer.pictures)).label == PICTURES["sharing"].label
