"""The types and shapes in a docstring are those of what comes and goes in a real run.

    x : ndarray of shape (T, n_x, m)
    state_0 : LSTMState, optional
        Hidden state and cell state before the first step, each (n_a, m).

The run is `exercise()` of the snippet's own test, with its `SIZES`. A size that is not among them,
such as `gates`, may be any, but is the same throughout a call.
"""

import ast
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from tests.guards.docstrings import Item, parameters_of, read_sections
from tests.guards.process import ask

TYPES = {
    "None": type(None),
    "bool": bool,
    "dict": dict,
    "float": Real,
    "function": Callable,
    "int": Integral,
    "iterable": Iterable,
    "list": list,
    "mapping": Mapping,
    "memmap": np.memmap,
    "ndarray": np.ndarray,
    "numpy.random.Generator": np.random.Generator,
    "path": PathLike,
    "sequence": (Sequence, np.ndarray),
    "str": str,
    "tuple": tuple,
    "two": Sequence,
}
IN_WORDS = "", "optional", "float type"  # besides what begins with `any` or `the same`
OPTIONAL = re.compile(r", optional$| or None$|^None or ")
MANY = re.compile(r"(?:tuple|list|sequence|two) of (?:([\w ]+) )?(\w+)")
COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
NAMED = re.compile(r"[A-Z]\w+")
CELLS_OWN = re.compile(r"CELL(?=Params|State|Values|Tape)")
DTYPES = {"int": "iu", "unsigned int": "u", "float": "f", "float64": "f"}
DTYPE = re.compile(r"(?:ndarray|memmap) of (?!shape )([\w ]+)")
SHAPE = re.compile(r"\bshape (\((?:[^()]|\([^()]*\))*\))")
EACH = re.compile(r"\beach (\([^()]*,[^()]*\))")


def check_snippet(root: Path, stem: str) -> list[str]:
    """Run what the test of a snippet calls `exercise`, and look at each call of a function."""
    return ask(root, run_snippet, stem)


def run_snippet(stem: str) -> list[str]:
    """List what the docstrings of a snippet say wrongly, and functions that the run leaves out."""
    test = importlib.import_module(f"tests.test_{stem}")
    snippet = importlib.import_module(f"snippets.{stem}")
    watcher = Watcher(snippet, test.SIZES)
    sys.setprofile(watcher.see)
    try:
        test.exercise()
    finally:
        sys.setprofile(None)
    return [f"snippets/{stem}.py:{line}: {fault}" for line, fault in sorted(watcher.faults)]


class Watcher:
    """Compares arguments when a function begins, and what it returns when it ends."""

    def __init__(self, snippet: ModuleType, sizes: dict[str, int]):
        self.file, self.sizes, self.faults = snippet.__file__, sizes, set()
        self.functions = {}
        for node in ast.parse(Path(self.file).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                sections = read_sections(ast.get_docstring(node) or "")
                self.functions[node.name] = node, sections
        self.running: dict[FrameType, dict[str, Any]] = {}

    def see(self, frame: FrameType, event: str, arg: Any) -> None:
        """Take what the interpreter tells of each call and return."""
        code = frame.f_code
        node, sections = self.functions.get(code.co_name, (None, {}))
        if code.co_filename != self.file or not sections or code.co_qualname != code.co_name:
            return
        if event == "call":
            given = {name: frame.f_locals[name] for name in parameters_of(node)}
            whole = {name: it for name, it in given.items() if isinstance(it, int)}
            self.running[frame] = whole if self.is_inner(frame) else self.sizes | whole
            items, values = sections.get("Parameters", []), given
        elif event == "return" and arg is not None and "Yields" not in sections:
            items = sections.get("Returns", [])
            names = [name for item in items for name in item.names]
            values = dict(zip(names, arg if len(names) > 1 else [arg], strict=False))
        else:
            return
        for item in items:
            for name in item.names:
                if name in values and (it := fault(item, values[name], self.running[frame], event)):
                    self.faults.add((node.lineno, f"`{node.name}`: {name} : {it}"))

    def is_inner(self, frame: FrameType) -> bool:
        """Tell whether the snippet calls its own function, maybe with sizes of its own."""
        return frame.f_back.f_code.co_filename == self.file


def fault(item: Item, value: Any, sizes: dict[str, int], event: str) -> str | None:
    """Say what is wrong with a type, or with the shapes that go with it, if anything."""
    kind = OPTIONAL.sub("", item.type)
    if value is None and kind != item.type:
        return None
    got = shown(value)
    if not is_of(kind, value, event == "call"):
        return f"{item.type}, but {got} came"
    if (found := SHAPE.search(item.type)) and not fits(found[1], value, sizes):
        return f"{item.type}, but {got} came"
    if found := EACH.search(item.text):
        for array in value.values() if isinstance(value, dict) else value:
            if not fits(found[1], array, sizes):
                return f"{item.type}, {found[0]}, but {shown(array)} came"
    return None


def shown(value: Any) -> str:
    shape = getattr(value, "shape", "")
    return f"{type(value).__name__} {shape} ".strip()


def is_of(kind: str, value: Any, is_argument: bool) -> bool:
    """Compare a value with a type; instead of a NamedTuple an argument may be a plain tuple."""
    if kind in IN_WORDS or kind.startswith(("any ", "the same ")):
        return True
    head = re.match(r"[\w.]*", kind)[0]
    if head in TYPES and not isinstance(value, TYPES[head]):
        return " or " in kind and is_of(kind.split(" or ", 1)[1], value, is_argument)
    if dtype := DTYPE.match(kind):
        return value.dtype.kind in DTYPES.get(dtype[1], "")
    if many := MANY.fullmatch(kind):
        counts = [COUNTS[it] for it in (many[1] or "").split(" or ") if it in COUNTS]
        each = many[2].replace("ndarrays", "ndarray")
        return len(value) in (counts or [len(value)]) and (
            each == "them" or all(is_of(each, it, is_argument) for it in value)
        )
    if NAMED.fullmatch(head) and head not in TYPES:
        name = type(value).__name__
        is_plain = is_argument and type(value) in (tuple, list)
        end = CELLS_OWN.sub("", head)
        return is_plain or name == head or (end != head and name.endswith(end))
    return head in TYPES


def fits(shape: str, array: Any, sizes: dict[str, int]) -> bool:
    """Compare a shape as it is written, `(..., n_y, m)`, with an array; learn unknown sizes."""
    dimensions = [it.strip().replace("'", "_") for it in shape[1:-1].split(",") if it.strip()]
    got = getattr(array, "shape", None)
    if got is None:
        return False
    if dimensions[0] == "...":
        del dimensions[0]
        got = got[len(got) - len(dimensions) :]
    if len(got) != len(dimensions):
        return False
    for size, dimension in zip(got, dimensions, strict=True):
        if dimension.isidentifier():
            expected = sizes.setdefault(dimension, size)
        else:
            try:
                expected = eval(dimension, {}, sizes)
            except NameError:
                expected = size
        if expected != size:
            return False
    return True
