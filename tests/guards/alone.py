"""A snippet that is copied alone into an empty folder runs, with nothing but NumPy.

Runs in a process of its own: python -m tests.guards.alone rnn
"""

import importlib
import importlib.abc
import os
import shutil
import sys
import tempfile
from pathlib import Path

import snippets
from tests.guards.process import answer, ask
from tests.guards.stems import stems


def check(root: Path) -> list[str]:
    """Run every snippet alone."""
    return [f for stem in sorted(stems(root / "snippets")) for f in check_snippet(root, stem)]


def check_snippet(root: Path, stem: str) -> list[str]:
    """Copy a snippet, import the copy behind a barrier, and let `exercise` of its test run it."""
    return ask(root, "tests.guards.alone", stem)


class Barrier(importlib.abc.MetaPathFinder):
    """Refuses to import anything but NumPy, the standard library and the copy."""

    def __init__(self, stem: str):
        self.allowed = {stem, "numpy", *sys.stdlib_module_names}

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in self.allowed:
            raise ImportError(f"`{name}` is neither NumPy nor the standard library")


def run_alone(stem: str) -> list[str]:
    """Say what stops the copy, if anything."""
    root, barrier = os.getcwd(), Barrier(stem)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(Path("snippets", f"{stem}.py"), folder)
        os.chdir(folder)
        try:
            sys.path.insert(0, folder)
            sys.meta_path.insert(0, barrier)
            copy = importlib.import_module(stem)
            sys.meta_path.remove(barrier)
            sys.path[0] = root  # the test may use whatever it likes, but gets the copy
            sys.modules[f"snippets.{stem}"] = copy
            setattr(snippets, stem, copy)
            importlib.import_module(f"tests.test_{stem}").exercise()
        except Exception as error:
            return [f"snippets/{stem}.py: alone, {type(error).__name__}: {error}"]
        finally:
            os.chdir(root)
    return []


if __name__ == "__main__":
    answer(lambda: run_alone(sys.argv[1]))
