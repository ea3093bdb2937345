"""Runs, in a process beside this one, the guards that import or trace what they look at.

In one process for all of them: to start Python and import NumPy takes longer than most guards do.
It forgets what it imported from a repository before it looks at the next.
"""

import atexit
import contextlib
import functools
import importlib
import json
import os
import select
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = {"docs", "snippets", "tests", "tools"}
LIMIT = 60  # seconds that a guard may take, where the slowest needs two


def ask(root: Path, guard: Callable[..., list[str]], *arguments: str) -> list[str]:
    """Let the process run a guard in the folder `root`, and return the faults it finds."""
    process = beside()
    question = [str(root), guard.__module__, guard.__name__, *arguments]
    print(json.dumps(question), file=process.stdin, flush=True)
    in_time, _, _ = select.select([process.stdout], [], [], LIMIT)
    if in_time and (answer := process.stdout.readline()):
        return json.loads(answer)
    beside.cache_clear()
    if not in_time:
        process.kill()
    status = process.wait()
    end = f"ended its process: {status}" if in_time else f"did not end within {LIMIT} seconds"
    return [f"{' '.join(arguments)}: {guard.__name__} {end}"]


@functools.cache
def beside() -> subprocess.Popen:
    """Start the process, which ends when its input does."""
    # -B: a copy edited twice within a second must not run what was compiled before
    command = [sys.executable, "-B", "-W", "error", "-m", __name__]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )
    atexit.register(process.communicate)
    return process


def serve() -> None:
    """Answer each question; what the code under a guard prints or reads is kept apart."""
    questions, answers = sys.stdin, sys.stdout
    with open(os.devnull) as sys.stdin, contextlib.redirect_stdout(sys.stderr):
        for question in questions:
            root, module, name, *arguments = json.loads(question)
            guard = getattr(importlib.import_module(module), name)
            with at(root):
                try:
                    faults = guard(*arguments)
                except (Exception, SystemExit) as error:
                    where = " ".join([*arguments, name])
                    faults = [f"{where} stopped: {error!r}\n{traceback.format_exc()}"]
            print(json.dumps(faults), file=answers, flush=True)


@contextlib.contextmanager
def at(root: str) -> Iterator[None]:
    """Let what is imported in here come from `root`, and leave nothing of it behind."""
    import numpy as np

    path, modules = sys.path[:], sys.modules.copy()
    names = FOLDERS | {file.stem for file in Path(root, "snippets").glob("*.py")}
    forget(names)
    importlib.invalidate_caches()
    sys.path[0] = root
    with contextlib.chdir(root), np.errstate(), np.printoptions():
        yield
    sys.path[:] = path
    forget(names)
    sys.modules.update(modules)


def forget(names: set[str]) -> None:
    """Take these modules, and those in them, out of what is imported."""
    for name in list(sys.modules):
        if name.split(".")[0] in names:
            del sys.modules[name]


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        serve()
