"""A call is one row, one kernel function, one method: then everything that knows calls knows it.

getpid was added to show it.
"""

from __future__ import annotations

from vmlab import CLONE_SIGHAND, CLONE_THREAD, CLONE_VM, Explorer, Machine, Recorder
from vmlab.model.abi.strace import parse_line


def test_getpid_is_known_everywhere() -> None:
    machine = Machine()
    process = machine.spawn()
    thread = process.clone(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
    with Recorder(machine) as recorder:
        assert thread.getpid() == process.pid != thread.pid
        assert process.call("getpid") == process.syscall_by_number(39) == process.pid

    # The transcript tells it, and is read back.
    first = next(line for line in recorder.transcript().splitlines() if "getpid" in line)
    assert first == "1001 getpid() = 1000"
    line = parse_line(first)
    assert line is not None
    assert (line.pid, line.args, line.result, line.problem.plain) == (1001, (), 1000, "")
    assert machine[line.pid].call(line.name, *line.args) == line.result

    # A saved recording does it again.
    again = Recorder.from_json(recorder.to_json())
    assert [call.name for call in again.calls] == ["getpid"] * 3
    assert again.transcript() == recorder.transcript()

    # It is a button.
    explorer = Explorer(machine, show=["process_tree"], calls=["getpid"])
    explorer.controls._handle_custom_msg({"type": "call", "name": "getpid"}, [])
    assert explorer.controls.answer["call"] == "getpid()"
    assert explorer.controls.answer["answer"] == "1000"
