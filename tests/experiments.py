"""Runs the quick size of an experiment as the site does."""

import atexit
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import pytest

from overrides.hooks import experiments
from tests.nested import slope_along
from tests.numeric import error
from tools.data import CACHE, Package

ROOT = Path(__file__).parents[1]


def run_quick(name: str, *variables: str) -> list[Any]:
    """Run a page as the site does, or take what the site's run gave; return these variables."""
    source = ROOT / f"docs/experiments/{name}.py"
    made = experiments.outputs(experiments.code_cells(jupytext.read(source)), source, kernel())
    measured = json.loads(made.read_text(encoding="utf-8"))["measured"]
    return [measured[name] for name in variables]


@cache
def kernel() -> experiments.Kernel:
    """Give the process that executes all experiments of this run, and ends with it."""
    kernel = experiments.Kernel()
    atexit.register(kernel.close)
    return kernel


def assert_gradients(model: Callable[[list], tuple], params: list) -> None:
    """Compare each gradient of a model with the slope of its loss in two random directions."""
    rng, (_, gradients, _) = np.random.default_rng(0), model(params)
    for w, gradient in zip(params, gradients, strict=True):
        for way in rng.normal(size=(2, *w.shape)):
            along = slope_along(lambda: model(params)[0], [w], [way])
            assert error(np.array([(gradient * way).sum()]), along) < 1e-6


def needs(package: Package) -> pytest.MarkDecorator:
    """Leave a test out where its package is missing: not after `make data`, which .ci/run calls."""
    missing = not (CACHE / package.file).exists()
    return pytest.mark.skipif(missing, reason=f"{package.name} is not there: make data fetches it")
