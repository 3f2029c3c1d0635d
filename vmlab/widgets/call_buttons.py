"""What the buttons do: one way for every call.

It reads the fields, makes the call on the chosen process, and shows the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter as P
from inspect import Signature, getdoc
from typing import Any

from ipywidgets import Widget

from vmlab.errors import ArgumentError, ArgumentTypeError, Killed, LinuxError, ProcessError, Signal
from vmlab.model.abi.calls import ACTIONS
from vmlab.model.abi.fcntl import Open
from vmlab.model.abi.kinds import Action
from vmlab.model.abi.mman import Map
from vmlab.model.abi.strace import format_call, format_result
from vmlab.model.abi.strace_values import plain
from vmlab.model.arguments import program
from vmlab.model.process import Process
from vmlab.widgets.call_forms import CallForm, unknown_call
from vmlab.widgets.controls import Controls
from vmlab.widgets.timeline import Timeline
from vmlab.widgets.typed_values import FieldError
from vmlab.words.language import say


def _why(reason: object, process: Process | None) -> str:
    """Say why a signal came, and whether the process survived it."""
    if process is None or process.state == "R":
        return str(reason)
    return say("{why}; process {pid} ends here", why=reason, pid=process.pid)


def _in_order(action: Action, given: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return arguments in the order of the parameters; what is left out has its default.

    Raises:
        ValueError: the call has no such parameter.
        TypeError: one is missing.
    """
    names = [parameter.name for parameter in action.parameters]
    for name in given:
        if name not in names:
            if not names:
                raise ArgumentError("call_has_no_arguments", call=action.name, parameter=name)
            known = ", ".join(names)
            raise ArgumentError(
                "argument_unknown", call=action.name, parameter=name, parameters=known
            )
    values = []
    for parameter in action.parameters:
        value = given.get(parameter.name)
        if value is None and parameter.is_optional:
            value = parameter.default
        elif parameter.name not in given:
            raise ArgumentTypeError("argument_missing", call=action.name, parameter=parameter.name)
        values.append(value)
    return tuple(values)


def _shown(value: Any) -> str:
    """Return what a method of one's own gave; nothing if it gave nothing."""
    return "" if value is None else plain(value)


def _meant(name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fill in what a call needs and its fields do not say."""
    if name == "mmap" and given.get("fd") is None and "flags" in given:
        return {**given, "fd": -1, "flags": given["flags"] | Map.MAP_ANONYMOUS}
    if name == "execve" and "path" in given:
        argv, env = program(given["path"], given.get("argv"), given.get("env") or ())
        return {**given, "argv": argv, "env": env}
    return given


class CallButtons:
    """The calls of an Explorer. Every call and access is a method, too: `explorer.munmap()`.

    Only the two that would hide a method of every widget, `open` and `close`, are made by
    `explorer.call("open", path="/a")` alone.
    """

    controls: Controls
    timeline: Timeline

    @property
    def process(self) -> Process:
        """The chosen process."""
        raise NotImplementedError

    def arguments(self, name: str) -> Mapping[str, Any]:
        """Read the fields of a call."""
        raise NotImplementedError

    def show_act(self) -> None:
        """Show what was done, here and in the other Explorers of the machine."""
        raise NotImplementedError

    @property
    def _own_methods(self) -> Mapping[str, Callable[..., Any]]:
        # What a subclass adds, by name: methods that a button of its own may stand for.
        raise NotImplementedError

    def _with_form(self, call: str | CallForm) -> str | CallForm:
        # What gets a button; a method of one's own that is only named has no fields.
        if not isinstance(call, str | CallForm):
            return call  # which `Controls` refuses
        own = self._own_methods
        name = call.name if isinstance(call, CallForm) else call
        if name not in ACTIONS and name not in own:
            raise unknown_call(name, (*ACTIONS, *own))
        if isinstance(call, str) and call in own:
            return CallForm(call, (getdoc(own[call]) or call).partition("\n")[0])
        return call

    def call(self, name: str, /, **given: Any) -> None:
        """Make a call on the chosen process and show its answer.

        A field that cannot be read, an errno, a signal are shown; any other exception goes on.

        Args:
            name: of a call or access as strace writes it, such as 'munmap' or 'store'; or of a
                method that a subclass adds for a button of its own.
            given: the arguments, by the names of the parameters; without any the call takes what
                stands in its fields. `fd` of mmap may be the path of a file, which is opened for
                it; without `fd` the mapping is anonymous.

        Raises:
            ValueError, TypeError: there is no such call, or not with these arguments.
        """
        try:
            found = given or (self.arguments(name) if name in self.controls.calls else {})
        except FieldError as error:
            self.controls.show_problem(name, error.field, str(error))
            return
        own = self._own_methods.get(name)
        if own is not None:
            said = f"{name}({', '.join(map(plain, found.values()))})"
            self._show(name, lambda: said, lambda: _shown(own(**found)))
            return
        if name not in ACTIONS:
            raise ArgumentError("no_call_named", name=name)
        args = _in_order(ACTIONS[name], _meant(name, found))
        self._show(
            name,
            lambda: format_call(name, args),
            lambda: format_result(name, self._perform(name, args), args),
        )

    def _perform(self, name: str, args: tuple[Any, ...]) -> Any:
        process = self.process
        if name != "mmap" or not isinstance(args[4], str):
            return process.call(name, *args)
        *before, path, offset = args
        fd = process.open(path, Open.O_RDWR)
        try:
            return process.call(name, *before, fd, offset)
        finally:
            process.close(fd)

    def _show(self, name: str, said: Callable[[], str], act: Callable[[], str]) -> None:
        """Do something on the chosen process; show what was called, and how it went."""
        process = None
        try:
            process = self.process
            with self.timeline.act(name):
                answer, outcome, words = act(), "good", ""
        except LinuxError as error:
            answer, outcome, words = error.answer, "error", str(error.check)
        except Signal as error:
            answer = f"{error.name} ({error.code_name}, si_addr={error.si_addr:#x})"
            outcome, words = "signal", _why(error.why, process)
        except Killed as error:
            answer, outcome, words = error.name, "signal", _why(error.why, process)
        except ProcessError as error:
            answer, outcome, words = "", "error", str(error)
        finally:
            self.show_act()
        self.controls.show_answer(said(), answer, outcome, words)


def _method(action: Action) -> Callable[..., None]:
    """Return a method that makes one call: `explorer.munmap(addr=0x1000, length=4096)`."""

    def make(self: CallButtons, /, **given: Any) -> None:
        self.call(action.name, **given)

    make.__name__ = action.name
    make.__qualname__ = f"{CallButtons.__name__}.{action.name}"
    make.__doc__ = (
        f"{action.does[0].upper()}{action.does[1:]}; see `call`.\n\n"
        "Without arguments it takes what stands in its fields."
    )
    fields = [P(each.name, P.KEYWORD_ONLY, default=None) for each in action.parameters]
    make.__signature__ = Signature(  # type: ignore[attr-defined]
        [P("self", P.POSITIONAL_OR_KEYWORD), *fields]
    )
    return make


for _action in ACTIONS.values():
    if not hasattr(Widget, _action.name):
        setattr(CallButtons, _action.name, _method(_action))
