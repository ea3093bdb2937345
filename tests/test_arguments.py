"""Functions of snippets leave their arguments as they are, and give back arrays of their own.

Otherwise a caller who reuses an array changes what was returned before, without an error. A
function that does so on purpose says it in its docstring: that it overwrites what it gets, or that
it returns a view. What exercise() of a snippet's own test calls is called again, as it was and at
the edges: in float32, over a single step and over none, with each number 0, 1 or infinite.
"""

import importlib
import inspect
import re
import reprlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import combinations
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.calling import Call, copied, mapped, public_functions, record
from tests.faults import assert_none
from tests.guards.stems import stems

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]
OVERWRITES = re.compile(r"\boverwrit(e|es|ten)\b|\bchanged in place\b", re.IGNORECASE)
SHARES = re.compile(
    r"\bviews?\b|\bthe same (?:arrays|params)\b|\bNothing is copied\b|\bnot copies\b"
)
WIDENS = re.compile(r"\bin float64\b")
ONE_ARRAY = re.compile(r"\.(?:f|slope)$")  # of a state-space model: e**z is its own slope
NEEDS_FILES = {"encode_file", "load_checkpoint", "save_checkpoint"}  # of a folder that is gone


def functions_of(module: Any) -> list[Callable]:
    """List the functions that a snippet defines, helpers too."""
    functions = [it for _, it in inspect.getmembers(module, inspect.isfunction)]
    return [it for it in functions if it.__module__ == module.__name__]


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what is in nested values, each with its place, `tape.states[0].a`."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{place}[{key!r}]")
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        for field, part in zip(value._fields, value, strict=True):
            yield from leaves(part, f"{place}.{field}")
    elif isinstance(value, tuple | list):
        for number, part in enumerate(value):
            yield from leaves(part, f"{place}[{number}]")
    elif isinstance(value, partial):
        yield from leaves((value.args, value.keywords), place)
    else:
        yield place, value


def arrays(value: Any, place: str) -> list[tuple[str, np.ndarray]]:
    return [(where, it) for where, it in leaves(value, place) if isinstance(it, np.ndarray)]


def variants(call: Call, sizes: dict[str, int]) -> Iterator[tuple[str, dict]]:
    """Yield the arguments of a call as they were, and at the edges; say what was changed."""
    given = call.arguments
    yield "", given
    yield " in float32", mapped(in_float32, given)
    for count in (0, 1) if "T" in sizes else ():
        yield f" with T = {count}", mapped(partial(shortened, sizes["T"], count), given)
    for name, parameter in inspect.signature(call.function).parameters.items():
        for other in others(given[name], parameter.default, sizes):
            yield f" with {name} = {reprlib.repr(other)}".replace("\n", " "), given | {name: other}


def in_float32(value: Any) -> Any:
    is_wide = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return value.astype(np.float32) if is_wide else value


def shortened(steps: int, count: int, value: Any) -> Any:
    """Cut a sequence of so many steps to its first ones."""
    is_sequence = isinstance(value, np.ndarray) and value.ndim == 3 and len(value) == steps
    return value[:count] if is_sequence else value


def others(value: Any, default: Any, sizes: dict[str, int]) -> list:
    """List what else an argument may be, at the edge of what is taken or beyond it."""
    if default is None and value is not None:
        return [None, *others(value, 0, sizes)]
    if isinstance(value, float | np.floating):
        return [0.0, 1.0, np.inf]
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return [0, 1, *sizes.values()]
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
        return [value.tolist()]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [list(value)]
    return []


def faults_of(call: Call, inner: dict, sizes: dict[str, int]) -> tuple[dict[str, str], bool]:
    """Say what a call and its variants change or share; and whether one of them came to an end.

    The faults are keys, since variants have them too; each with the first variant that has it.
    """
    faults, ended = {}, False
    is_public = call.function in public_functions(inspect.getmodule(call.function))
    for how, arguments in variants(call, sizes):
        given = copied(arguments)
        with suppress(Exception):  # most edges are refused; other tests say with which words
            result = Call(call.function, given).again()
            ended = True
            for more in inner.get(getattr(result, "__code__", None), []):
                result(*copied(more))
            found = [*changed(call.function, arguments, given)]
            if is_public:
                found += shared(call.function, given, result)
                found += converted(call.function, given, result, how)
            faults = dict.fromkeys(found, how) | faults
    return faults, ended


def changed(function: Callable, before: Any, now: Any) -> Iterator[str]:
    """Name each argument that is not what it was."""
    if OVERWRITES.search(function.__doc__ or ""):
        return
    then, after = dict(leaves(before)), dict(leaves(now))
    for place in sorted(then.keys() | after.keys()):
        one, other = (it.get(place, "nothing") for it in (then, after))
        if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
            same = one.dtype == other.dtype and one.tobytes() == other.tobytes()
        else:
            same = one is other or type(one) is type(other) is np.random.Generator
        if not same:
            yield (
                f"expected its argument `{named(place)}` as it was, but it is changed: work on a "
                "copy, or say in the docstring that it is overwritten"
            )


def shared(function: Callable, given: dict, result: Any) -> Iterator[str]:
    """Name each array in the result that shares memory with an argument, or with another one."""
    if SHARES.search(function.__doc__ or ""):
        return
    made = arrays(result, "result")
    advice = "return a copy, or say in the docstring that it is a view"
    for place, array in made:
        for argument, other in arrays(given, ""):
            if np.shares_memory(array, other):
                yield f"expected `{place}` to be new, but it is `{named(argument)}`: {advice}"
    for (place, array), (other_place, other) in combinations(made, 2):
        is_one = ONE_ARRAY.search(place) and ONE_ARRAY.search(other_place)
        if np.shares_memory(array, other) and not is_one:
            yield f"expected `{place}` and `{other_place}` to be two arrays, they share memory"


def converted(function: Callable, given: dict, result: Any, how: str) -> Iterator[str]:
    """Name each array of floats in the result that has another dtype than all that came in."""
    came = {array.dtype for _, array in arrays(given, "") if array.dtype.kind == "f"}
    expected = came or ({np.dtype(np.float64)} if not how else set())
    if len(expected) != 1 or WIDENS.search(function.__doc__ or ""):
        return
    for place, array in arrays(result, "result"):
        if array.dtype.kind == "f" and array.dtype not in expected:
            yield f"expected `{place}` in {expected.copy().pop()}, got {array.dtype}"


def named(place: str) -> str:
    """Write `['part'].a` as `part.a`."""
    return re.sub(r"^\['(\w+)'\]", r"\1", place)


def look_at(snippet: ModuleType, test: ModuleType) -> Iterator[str]:
    """Say what is wrong with the functions of a snippet, each with its line."""
    calls, inner = record(functions_of(snippet), test.exercise)
    faults, ended = {}, set()
    for call in calls:
        found, done = faults_of(call, inner, test.SIZES)
        faults = {(call.function, fault): how for fault, how in found.items()} | faults
        ended |= {call.function} if done else set()
    for (function, fault), how in faults.items():
        yield f"{where(function)}{how}: {fault}"
    for function in public_functions(snippet):
        dtype = inspect.signature(function).parameters.get("dtype")
        if dtype and dtype.default is not np.float64:
            yield f"{where(function)}: expected dtype=np.float64, since that is NumPy's own"
        if function not in ended and function.__name__ not in NEEDS_FILES:
            yield f"{where(function)}: expected a call in exercise() of {test.__name__}"


def where(function: Callable) -> str:
    """Name a function, and the line where it begins."""
    code = function.__code__
    path = Path(code.co_filename).relative_to(ROOT)
    return f"{path.as_posix()}:{code.co_firstlineno}: {code.co_name}"


@pytest.mark.parametrize("name", sorted(stems(ROOT / "snippets")))
@pytest.mark.filterwarnings("ignore")  # at the edges something is divided by zero
def test_arguments_stay_as_they_were_and_results_are_new(name):
    both = (importlib.import_module(it) for it in (f"snippets.{name}", f"tests.test_{name}"))
    assert_none(look_at(*both))


def scale(x, factor):
    """Multiply.

    Returns
    -------
    y : ndarray
    """
    return x if factor == 1 else x * factor


def centre(columns):
    """Take the mean out of each."""
    for column in columns:
        column -= column.mean()
    return columns


def push(x, queue):
    """Put an array into a queue."""
    queue.append(x)


def overwrite(x):
    """Set to zero, and overwrite the array that is passed."""
    x[:] = 0


def part(x):
    """Return a view of the first half.

    Returns
    -------
    y : ndarray
    """
    return x[: len(x) // 2]


def pair(n, dtype=np.float32):
    """Draw two.

    Returns
    -------
    one, other : ndarray
    """
    zeros = np.zeros(n, dtype)
    return zeros, zeros[:1]


def widen(x):
    """Double.

    Returns
    -------
    y : ndarray
    """
    return x * np.float64(2)


X = np.arange(6.0)
PLANTED = [
    (scale, (X, 2.0), ["with factor = 1.0: expected `result` to be new, but it is `x`"]),
    (centre, ([X, X + 1],), ["`columns[0]` as it was, but", "`columns[1]` as it was, but"]),
    (push, (X, []), ["expected its argument `queue[0]` as it was, but it is changed"]),
    (overwrite, (X,), []),
    (part, (X,), []),
    (
        pair,
        (3,),
        [
            "`result[1]` to be two arrays, they share memory",
            "expected `result[0]` in float64, got float32",
            "expected `result[1]` in float64, got float32",
            "pair: expected dtype=np.float64",
        ],
    ),
    (widen, (X,), ["widen in float32: expected `result` in float32, got float64"]),
    (scale, (), ["scale: expected a call in exercise() of tests.test_scale"]),
]


@pytest.mark.parametrize(("function", "arguments", "said"), PLANTED)
def test_what_is_changed_shared_or_converted_is_named(function, arguments, said):
    snippet = ModuleType(__name__)
    snippet.function = function
    exercise = (lambda: function(*copied(arguments))) if arguments else (lambda: None)
    test = SimpleNamespace(__name__=f"tests.test_{function.__name__}", SIZES={}, exercise=exercise)
    faults = list(look_at(snippet, test))
    assert len(faults) == len(said), faults
    for fault, words in zip(faults, said, strict=True):
        assert fault.startswith("tests/test_arguments.py:")
        assert words in fault
