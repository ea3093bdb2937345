"""No public function of a snippet takes a masked array or a matrix: each says which one it got.

`*` and `sum` mean something else to them, so that results would be wrong without a word. What
exercise() of a snippet's own test calls is called again, with one array after the other replaced.
Tapes are left out: only a forward pass makes them, and its own arguments were checked.
"""

import importlib
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.calling import Call, public_functions, record
from tests.guards.stems import stems
from tools.assemble import recipes

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]
PROGRAMS = {path.stem for path in recipes(ROOT)}  # they are used from a command line
SNIPPETS = sorted(stems(ROOT / "snippets") - PROGRAMS)


def spoiled(value) -> Iterator[tuple[str, object]]:
    """Yield copies of nested values, each with one array replaced; say by what."""
    if type(value) is np.ndarray and value.size:
        mask = np.zeros(value.shape, bool)
        mask.flat[-1] = True
        yield "MaskedArray", np.ma.array(value, mask=mask)
        if value.ndim == 2:
            yield "matrix", value.view(np.matrix)
    elif isinstance(value, dict):
        for key, part in value.items():
            for kind, other in spoiled(part):
                yield kind, value | {key: other}
    elif isinstance(value, tuple | list):
        for place, part in enumerate(value):
            for kind, other in spoiled(part):
                parts = [*value[:place], other, *value[place + 1 :]]
                yield (
                    kind,
                    type(value)._make(parts) if hasattr(value, "_make") else type(value)(parts),
                )
    elif isinstance(value, partial):
        for kind, (args, keywords) in spoiled((value.args, value.keywords)):
            yield kind, partial(value.func, *args, **keywords)


def faults_of(call: Call, inner: dict, seen: set) -> Iterator[str]:
    """Say where a spoiled argument is not refused, or not by its name; each place once.

    What makes a function may leave it to that function to refuse.
    """
    given = {name: it for name, it in call.arguments.items() if name not in ("tape", "tapes")}
    for name, value in given.items():
        for number, (kind, other) in enumerate(spoiled(value)):
            place = (call.function.__name__, name, type(value).__name__, number)
            if place in seen:
                continue
            seen.add(place)
            where = f"{call.function.__name__}: {name}, array {number}, as {kind}:"
            try:
                made = Call(call.function, call.arguments | {name: other}).again()
                if isinstance(made, tuple) and any(map(callable, made)):
                    continue  # functions of the snippet that are also called directly
                for arguments in inner.get(getattr(made, "__code__", None), []):
                    made(*arguments)
            except ValueError as error:
                if kind not in str(error):
                    yield f"{where} expected a message that says {kind}, got: {error}"
            except Exception as error:
                yield f"{where} expected a ValueError, got {type(error).__name__}: {error}"
            else:
                yield f"{where} expected a ValueError, it was taken"


@pytest.mark.parametrize("name", SNIPPETS)
@pytest.mark.filterwarnings("default")  # of what is replaced here
def test_masked_arrays_and_matrices_are_refused_by_name(name):
    functions = public_functions(importlib.import_module(f"snippets.{name}"))
    calls, inner = record(functions, importlib.import_module(f"tests.test_{name}").exercise)
    called = {call.function for call in calls}
    faults = [
        f"{function.__name__}: exercise() of tests/test_{name}.py never calls it"
        for function in functions
        if function not in called
    ]
    seen = set()
    for call in calls:
        faults += faults_of(call, inner, seen)
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


def test_what_takes_a_masked_array_is_found():
    def double(x, *, factor=2.0):
        return [part * factor for part in x]

    def refuse(x):
        raise ValueError("expected something else")

    def stumble(x):
        raise TypeError(x)

    for function, said in [
        (double, "it was taken"),
        (refuse, "expected a message that says MaskedArray"),
        (stumble, "expected a ValueError, got TypeError"),
    ]:
        (call,), inner = record([function], partial(suppress_all, function))
        faults = list(faults_of(call, inner, set()))
        assert len(faults) == 3  # a masked array twice, a matrix once
        assert said in faults[0]


def suppress_all(function):
    """Call a function, whatever comes of it."""
    with suppress(Exception):
        function([np.ones(3), np.ones((2, 2))])
