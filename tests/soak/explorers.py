"""What a reader may do in an Explorer: by the messages that the page sends."""

from __future__ import annotations

import random

from tests.fuzz.fields import choose
from tests.soak.life import Life
from tests.soak.operations import operation
from vmlab import Explorer
from vmlab.model.abi.calls import ACTIONS
from vmlab.widgets.base import View
from vmlab.widgets.toolbar import BUTTONS

_MOST = 2  # Explorers of one machine


def _explorer(life: Life, chance: random.Random) -> Explorer:
    return chance.choice(life.explorers)


def _tell(widget: View, **content: object) -> None:
    widget._handle_custom_msg(content, [])


@operation(12, "explorers")
def press(life: Life, chance: random.Random) -> None:
    """Press the button of a call, with what stands in its fields or something typed."""
    explorer = _explorer(life, chance)
    name = chance.choice(sorted(explorer.controls.calls))
    texts = {}
    if chance.random() < 0.5:
        name, changes = choose(chance)
        texts = {str(place[0]): text for place, text in changes}
    if "fork" in name and len(life.machine.processes) >= _MOST * 2:
        return
    life.say(f"{name} {texts}")
    life.tally.calls[ACTIONS[name].name] += 1
    _tell(explorer.controls, type="call", name=name, texts=texts)


@operation(4, "explorers")
def use(life: Life, chance: random.Random) -> None:
    """Press a button of the toolbar, or choose a file."""
    explorer = _explorer(life, chance)
    name = chance.choice((*BUTTONS, "load"))
    life.say(name)
    if name == "load":
        text = chance.choice((*life.files, "no file"))
        _tell(explorer.toolbar, type="load", name="x", piece=text, first=True, last=True)
    else:
        _tell(explorer.toolbar, type="press", name=name, view="v")


@operation(6, "explorers")
def walk(life: Life, chance: random.Random) -> None:
    """Go through the steps."""
    player = _explorer(life, chance).player
    if chance.random() < 0.2:
        player.set_state({"by_steps": chance.random() < 0.5})
    player.set_state({"step": chance.randrange(player.count)})


@operation(5, "explorers")
def click(life: Life, chance: random.Random) -> None:
    """Click on an object of a picture, point at it, open its menu, choose from that."""
    explorer = _explorer(life, chance)
    view = chance.choice((*explorer.pictures, explorer.maps))
    snap = explorer.timeline.now
    mm = chance.choice(snap.mms or (None,))
    things = ["nothing", "vma_1_zz", "pfn_1", "tlb_0", f"task_{explorer.controls.pid}", ""]
    if mm is not None:
        things += [f"vma_{mm.mm}_{vma.vm_start:x}" for vma in mm.mmap]
        things += [f"pte_{mm.mm}_{vma.vm_start:x}" for vma in mm.mmap]
    kind = chance.choice(("click", "click", "double_click", "hover", "menu", "choose"))
    life.say(kind)
    _tell(view, type=kind, id=chance.choice(things), part="", name=chance.choice(("", "munmap")))


@operation(3, "explorers")
def turn(life: Life, chance: random.Random) -> None:
    """Choose another picture, another process, a wide page."""
    explorer = _explorer(life, chance)
    view = chance.choice(list(explorer.pictures))
    way = chance.randrange(3)
    if way == 0:
        view.set_state({"tab": chance.choice(view.tabs)})
    elif way == 1:
        explorer.toolbar.set_state({"wide": chance.random() < 0.5})
    else:
        pids = [each["pid"] for each in explorer.controls.processes] or [0]
        explorer.controls.set_state({"pid": chance.choice(pids)})


@operation(1, "explorers")
def open_another(life: Life, chance: random.Random) -> None:
    """A second Explorer of the machine."""
    if len(life.explorers) < _MOST:
        life.explorers.append(Explorer(life.machine, show="address_space"))
    for explorer in life.explorers:
        explorer.refresh()
