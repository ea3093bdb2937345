"""Writes tests/vectors: one small case for each cell and library, which `make test` checks.

sh tests/parity/run.sh freeze
"""

import json
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
    """Run each library once for each of its cells."""
    for name, library in LIBRARIES.items():
        for cell in library.cells:
            case = draw(cell, library, **SHAPE, seed=0)
            weights = case.pop("weights")
            results = library.run(cell, weights, **case)
            record = {"made_by": library.version, "library": name, "cell": cell}
            record |= plain({"weights": weights, "given": case, "expected": results})
            lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in record.items())
            text = "{\n" + ",\n".join(lines) + "\n}"
            (VECTORS / f"{name}_{cell}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
