"""Compares every cell with other libraries: outputs and all gradients, on 50 shapes, in float64.

What is built around cells follows, on fewer shapes. ONNX has no gradients to compare with.

sh tests/parity/run.sh
"""

import sys
from pathlib import Path

import numpy as np

from tests.parity.cases import draw, errors, find_cells, run_snippet, shapes
from tests.parity.layers import LAYERS
from tests.parity.references import LIBRARIES

ROOT = Path(__file__).parents[2]
LIMIT = 1e-10  # relative to the largest element of each array


def compare(cell, library):
    """Return the largest error over all shapes and arrays, with the array and shape it is in."""
    worst = []
    for seed, shape in enumerate(shapes()[: library.count]):
        case = draw(cell, library, *shape, seed)
        weights = case.pop("weights")
        theirs = library.run(cell, weights, **case)
        ours = run_snippet(cell, library.read(cell, weights), **case)
        worst += [(error, name, shape) for name, error in errors(ours, theirs).items()]
    return max(worst, key=lambda it: np.inf if np.isnan(it[0]) else it[0])


def main():
    """Print a line for each cell and library, say which cells have none; fail if one is far off."""
    pairs = [(cell, library) for library in LIBRARIES.values() for cell in library.cells]
    alone = sorted(set(find_cells(ROOT)) - {cell for cell, _ in pairs})
    for cell in alone:
        print(f"{cell:20} compared with no library")
    failed = []
    for cell, library in pairs:
        error, name, shape = compare(cell, library)
        line = f"{cell:20} {library.version:38} {error:.1e}  in {name} at T, n_x, m, n_a = {shape}"
        print(line, flush=True)
        if not error <= LIMIT:
            failed.append(f"{cell} differs from {library.version} by more than {LIMIT:.0e}")
    for name, (differ, count) in LAYERS.items():
        some = enumerate(shapes()[-count:])
        error = np.max([differ(np.random.default_rng(seed), *shape) for seed, shape in some])
        print(f"{name:60} {error:.1e}", flush=True)
        if not error <= LIMIT:
            failed.append(f"{name}: the difference is more than {LIMIT:.0e}")
    print(*failed, sep="\n", file=sys.stderr, end="\n" * bool(failed))
    print(f"{len(pairs) + len(LAYERS) - len(failed)} passed, {len(failed)} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
