"""Links that hold a file: any file comes back, and what is none is refused."""

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.refused import refused
from vmlab import Machine, Map, Prot, Recorder, StateError
from vmlab.state import link


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    held = link.encode(text)
    assert link.decode(held) == text
    assert link.decode(f"https://example.org/a/{link.FRAGMENT}{held}\n") == text


def test_it_is_the_form_that_is_promised() -> None:
    held = link.encode("vmlab ÿ한 " * 50)
    assert not set("+/=") & set(held)
    packed = base64.urlsafe_b64decode(held + "=" * (-len(held) % 4))
    assert zlib.decompress(packed, wbits=-15).decode() == "vmlab ÿ한 " * 50


def test_a_recording_of_a_lesson_fits_into_a_link() -> None:
    machine = Machine()
    process = machine.spawn()
    with Recorder(machine) as recorder:
        child = process.fork()
        flags = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS
        for each in (process, child) * 10:
            addr = each.mmap(None, 8192, Prot.PROT_READ | Prot.PROT_WRITE, flags)
            each.store(addr, b"!")
    assert len(link.encode(recorder.to_json())) <= link.MOST


@pytest.mark.parametrize(
    "text", ["", "#vmlab=", "https://example.org/", "a b", "한", "%20", 3, None]
)
def test_what_is_no_link_is_refused(text: object) -> None:
    with refused(StateError, "link_holds_nothing"):
        link.decode(text)  # type: ignore[arg-type]


def held(packed: bytes) -> str:
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    "text",
    [
        link.encode("a machine " * 99)[:-3],
        "A",
        "aaaaaaaa",
        held(raw(b"\xff\xfe")),
        held(raw(b"{}") + b"more"),
        held(zlib.compress(b"{}")),
        held(raw(b"a" * ((1 << 24) + 1))),
    ],
)
def test_a_damaged_one_is_refused(text: str) -> None:
    with refused(StateError, "link_damaged"):
        link.decode(text)
