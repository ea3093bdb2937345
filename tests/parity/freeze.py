"""Writes tests/vectors: one small case for each cell and library, which `make test` checks.

    sh tests/parity/run.sh freeze mgu

Without a name it writes those of all cells. Their last digits may then change, since each processor
rounds in its own way.
"""

import json
import sys
from pathlib import Path

import numpy as np

from tests.parity.cases import draw
from tests.parity.references import LIBRARIES

VECTORS = Path(__file__).parents[1] / "vectors"
SHAPE = {"T": 3, "n_x": 2, "m": 2, "n_a": 3}


def plain(value):
    """Turn arrays into lists; their numbers are written so that they are read back the same."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    return [plain(v) for v in value] if isinstance(value, list) else np.asarray(value).tolist()


def main():
    """Run each library once for each of its cells that is asked for."""
    known = {cell for library in LIBRARIES.values() for cell in library.cells}
    if unknown := {*sys.argv[1:]} - known:
        sys.exit(
            f"expected names of cells that a library has, got {', '.join(sorted(unknown))}: "
            f"there are {', '.join(sorted(known))}"
        )
    wanted = {*sys.argv[1:]} or known
    for name, library in LIBRARIES.items():
        for cell in (it for it in library.cells if it in wanted):
            case = draw(cell, library, **SHAPE, seed=0)
            weights = case.pop("weights")
            results = library.run(cell, weights, **case)
            record = {"made_by": library.version, "library": name, "cell": cell}
            record |= plain({"weights": weights, "given": case, "expected": results})
            lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in record.items())
            text = "{\n" + ",\n".join(lines) + "\n}"
            path = VECTORS / f"{name}_{cell}.json"
            path.write_text(text + "\n", encoding="utf-8")
            print(f"tests/vectors/{path.name}: written")


if __name__ == "__main__":
    main()
