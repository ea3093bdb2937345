"""Runs each snippet on the oldest Python and NumPy that the pages name.

Each is imported, and what its test calls `exercise` runs every public function once.

sh tests/parity/run.sh oldest
"""

import importlib
import sys
import traceback
from pathlib import Path

import numpy as np

from tests.guards.stems import OLDEST_NUMPY, OLDEST_PYTHON, stems

ROOT = Path(__file__).parents[2]


def is_oldest() -> bool:
    """Tell whether this is the Python and the NumPy that the pages name."""
    return (
        f"{sys.version_info.major}.{sys.version_info.minor}" == OLDEST_PYTHON
        and np.__version__ == f"{OLDEST_NUMPY}.0"
    )


def main() -> int:
    """Import and exercise each snippet; print what failed."""
    here = f"Python {sys.version.split()[0]} and NumPy {np.__version__}"
    if not is_oldest():
        print(f"expected Python {OLDEST_PYTHON} and NumPy {OLDEST_NUMPY}.0, got {here}")
        return 1
    names, failed = sorted(stems(ROOT / "snippets")), []
    for name in names:
        try:
            importlib.import_module(f"snippets.{name}")
            importlib.import_module(f"tests.test_{name}").exercise()
        except Exception:
            traceback.print_exc()
            failed.append(name)
    print(f"{len(names) - len(failed)} of {len(names)} snippets run on {here}", *failed)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
