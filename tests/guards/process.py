"""Runs a guard that imports or traces what it looks at in a process of its own.

So it finds nothing that another guard has left, and a page that ends Python, or that never ends, is
a fault and not the end of the tests. Such a process is forked from one that has imported NumPy and
pytest once, as to import them takes longer than most guards do.
"""

import contextlib
import multiprocessing
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = {"docs", "snippets", "tests", "tools"}
LIMIT = 60  # seconds that a guard may take, where the slowest needs two

forking = multiprocessing.get_context("forkserver")
forking.set_forkserver_preload(["numpy", "pytest"])


def ask(root: Path, guard: Callable[..., list[str]], *arguments: str) -> list[str]:
    """Run a guard in the folder `root`, and return the faults that it finds."""
    receiver, sender = forking.Pipe(duplex=False)
    process = forking.Process(target=answer, args=(sender, root, guard, arguments))
    process.start()
    sender.close()  # so that the pipe ends when the process does
    name = f"{' '.join(arguments)}: {guard.__name__}"
    try:
        if receiver.poll(LIMIT):
            return receiver.recv()
        process.kill()
        return [f"{name} did not end within {LIMIT} seconds"]
    except EOFError:
        process.join()
        return [f"{name} ended its process: {process.exitcode}"]
    finally:
        process.join()


def answer(sender: Connection, root: Path, guard: Callable[..., list[str]], arguments: tuple):
    """Send what a guard finds; a warning is an error, and what the code prints is not shown."""
    import_from(root)
    warnings.simplefilter("error")
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        try:
            faults = guard(*arguments)
        except (Exception, SystemExit) as error:
            where = " ".join([*arguments, guard.__name__])
            faults = [f"{where} stopped: {error!r}\n{traceback.format_exc()}"]
    sender.send(faults)


def import_from(root: Path) -> None:
    """Let what is imported from now on come from `root`, and forget what came from elsewhere."""
    sys.dont_write_bytecode = True  # a copy edited twice in a second must not run what it was
    os.chdir(root)
    sys.path[:] = [str(root), *(it for it in sys.path if Path(it).resolve() != ROOT)]
    for name in list(sys.modules):
        if name.split(".")[0] in FOLDERS:
            del sys.modules[name]
