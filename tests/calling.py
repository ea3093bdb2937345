"""Calls of the functions of a snippet, noted in a run, to be made again with other arguments."""

import inspect
import sys
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Call:
    """A function with its arguments, by name."""

    function: FunctionType
    arguments: dict

    def again(self) -> object:
        """Call the function with these arguments."""
        positional, named = [], {}
        for name, parameter in inspect.signature(self.function).parameters.items():
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional += self.arguments[name]
            elif parameter.kind is parameter.VAR_KEYWORD:
                named |= self.arguments[name]
            elif parameter.kind is parameter.KEYWORD_ONLY:
                named[name] = self.arguments[name]
            else:
                positional.append(self.arguments[name])
        return self.function(*positional, **named)


def mapped(change: Callable[[Any], Any], value: Any) -> Any:
    """Change what is at the ends of nested values, such as the arrays in a tuple of layers."""
    inside = partial(mapped, change)
    if isinstance(value, dict):
        return {key: inside(part) for key, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_make"):
        return value._make(map(inside, value))
    if isinstance(value, tuple | list):
        return type(value)(map(inside, value))
    if isinstance(value, partial):
        return partial(value.func, *inside(value.args), **inside(value.keywords))
    return change(value)


def copied(value: Any) -> Any:
    """Copy the arrays in nested values, and generators, which a call takes further."""
    kinds = np.ndarray | np.random.Generator
    return mapped(lambda it: deepcopy(it) if isinstance(it, kinds) else it, value)


def public_functions(module) -> list:
    """List the public functions that a snippet defines.

    Their docstrings have sections: parameters, returns, errors. One line is for helpers, which get
    what others have checked.
    """
    functions = [it for _, it in inspect.getmembers(module, inspect.isfunction)]
    own = [it for it in functions if it.__module__ == module.__name__]
    return [it for it in own if it.__name__[0] != "_" and "\n    ----" in (it.__doc__ or "")]


def inner_code(function) -> list:
    """List the code of the functions that a function makes."""
    return [it for it in function.__code__.co_consts if inspect.iscode(it)]


def record(functions: list, run) -> tuple[list[Call], dict]:
    """Run something, and note each call of these functions, however it came about.

    Arguments are copied, because the run may change them later. Calls of functions that they made
    are noted as arguments, by code.
    """
    calls, inner = [], {code: [] for function in functions for code in inner_code(function)}
    by_code = {function.__code__: function for function in functions}

    def note(frame, event, _):
        if event != "call":
            return
        code, names = frame.f_code, inspect.getargs(frame.f_code)
        if code in by_code:
            given = [*names.args, *filter(None, [names.varargs, names.varkw])]
            calls.append(
                Call(by_code[code], {name: copied(frame.f_locals[name]) for name in given})
            )
        elif code in inner:
            inner[code].append([copied(frame.f_locals[name]) for name in names.args])

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return calls, inner
