"""Records what the variables of the snippets hold at each step while a test's `exercise()` runs."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from inspect import CO_GENERATOR
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

MOST_CALLS = (
    100  # of one function: enough for its steps, where a gradient check would make thousands
)


@dataclass(eq=False)
class Call:
    """One call of a function, with all values of its variables, each with the step it was held at.

    The step is the variable `t` of the function or of its caller, plus 1; without one it is 0.
    """

    code: CodeType
    globals: dict[str, Any]
    parent: "Call | None"
    step: int
    values: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    lines: set[int] = field(default_factory=set)
    loops: bool = False

    @property
    def is_step(self) -> bool:
        """Whether it is the caller that goes through the steps."""
        return self.step > 0 and not self.loops

    def look(self, variables: dict[str, Any]) -> None:
        """Copy what has changed."""
        t = variables.get("t")
        if isinstance(t, int | np.integer):
            self.step, self.loops = int(t) + 1, True
        for name, value in variables.items():
            if (kept := copy(value)) is not None:
                entries = self.values.setdefault(name, [])
                if not entries or entries[-1][0] != self.step or not same(entries[-1][1], kept):
                    entries.append((self.step, kept))


def record(exercise: Callable[[], Any], folder: Path) -> tuple[list[Call], Any]:
    """Run `exercise` and return the calls of functions in this folder, and what it returns."""
    recorder = Recorder(folder)
    before = sys.gettrace()
    sys.settrace(recorder.enter)
    try:
        returned = exercise()
    finally:
        sys.settrace(before)
    return recorder.calls, returned


class Recorder:
    def __init__(self, folder: Path):
        self.folder = str(folder)
        self.calls: list[Call] = []
        self.running: dict[FrameType, Call] = {}
        self.count: Counter[CodeType] = Counter()

    def enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        code = frame.f_code
        self.count[code] += 1
        is_own = code.co_filename.startswith(self.folder) and not code.co_flags & CO_GENERATOR
        if not is_own or self.count[code] > MOST_CALLS:
            return None
        callers = (self.running[it] for it in back(frame) if it in self.running)
        parent = next(callers, None)
        call = Call(code, frame.f_globals, parent, parent.step if parent else 0)
        self.running[frame] = call
        self.calls.append(call)
        return self.follow

    def follow(self, frame: FrameType, event: str, arg: Any) -> Any:
        call = self.running[frame]
        call.look(frame.f_locals)
        if event == "line":
            call.lines.add(frame.f_lineno)
        elif event == "return":
            del self.running[frame]
        return self.follow


def back(frame: FrameType) -> Iterator[FrameType]:
    while frame := frame.f_back:
        yield frame


def copy(value: Any) -> Any:
    """Copy arrays, since `+=` works in place; None for what no equation speaks of."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, int | float | np.number):
        return value
    if isinstance(value, list | tuple) and value:
        parts = [None if isinstance(part, list | tuple) else copy(part) for part in value]
        if not any(part is None for part in parts):
            return value._make(parts) if hasattr(value, "_make") else parts
    return None


def same(a: Any, b: Any) -> bool:
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and np.array_equal(a, b)
