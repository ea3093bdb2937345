"""A snippet that is copied alone into an empty folder runs, with nothing but NumPy."""

import contextlib
import importlib
import importlib.abc
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.guards.process import ask


def check_snippet(root: Path, stem: str) -> list[str]:
    """Copy a snippet, import the copy behind a barrier, and let `exercise` of its test run it."""
    return ask(root, run_alone, stem)


class Barrier(importlib.abc.MetaPathFinder):
    """Refuses to import anything but NumPy, the standard library and the copy."""

    def __init__(self, stem: str):
        self.allowed = {stem, "numpy", *sys.stdlib_module_names}

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in self.allowed:
            raise ImportError(f"`{name}` is neither NumPy nor the standard library")


def run_alone(stem: str) -> list[str]:
    """Say what stops the copy, if anything."""
    snippet = os.path.abspath(f"snippets/{stem}.py")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        try:
            shutil.copy(snippet, folder)
            copy = import_alone(folder, stem)
            # the test may use whatever it likes, but gets the copy
            sys.modules[f"snippets.{stem}"] = copy
            setattr(importlib.import_module("snippets"), stem, copy)
            importlib.import_module(f"tests.test_{stem}").exercise()
        except Exception as error:
            return [f"snippets/{stem}.py: alone, {type(error).__name__}: {error}"]
    return []


def import_alone(folder: str, stem: str):
    """Import from this folder what can do without anything else, even what is imported already."""
    barrier, imported = Barrier(stem), sys.modules.copy()
    for name in imported:
        if name.split(".")[0] not in barrier.allowed:
            del sys.modules[name]
    sys.path.insert(0, folder)
    sys.meta_path.insert(0, barrier)
    try:
        return importlib.import_module(stem)
    finally:
        sys.meta_path.remove(barrier)
        sys.path.remove(folder)
        sys.modules.update(imported)
