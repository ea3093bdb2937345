"""Runs a guard in a process of its own, in the repository that it looks at."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def ask(root: Path, module: str, *arguments: str) -> list[str]:
    """Run a module of the repository at `root`, and return the faults that it answers with."""
    # -B: a copy edited twice within a second must not run what was compiled before
    command = [sys.executable, "-B", "-W", "error", "-m", module, *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        return [f"{' '.join(arguments)}: {module} stopped:\n{done.stderr}"]
    return json.loads(done.stdout)


def answer(guard: Callable[[], list[str]]) -> None:
    """Print the faults that a guard finds, and nothing else that the code under it may print."""
    with contextlib.redirect_stdout(sys.stderr):
        faults = guard()
    print(json.dumps(faults))
