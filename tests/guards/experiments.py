"""The committed results of an experiment are complete, and were left alone.

Whether they are older than the code is no fault: the end of a run of the tests lists these.
"""

from pathlib import Path

from tests.guards.stems import stems
from tools.results import Experiment, is_sealed, load_results

KEYS = ["cpu_seconds", "parts", "results", "seeds", "sha256", "summarise"]


def check(root: Path) -> list[str]:
    """Each experiment can list its parts, and has its results, complete and as measured."""
    folder = root / "docs" / "experiments"
    experiments = stems(folder)
    committed = {path.stem for path in (folder / "results").glob("*.json")}
    faults = [
        f"docs/experiments/results/{name}.json: no experiment docs/experiments/{name}.py"
        for name in sorted(committed - experiments)
    ]
    for name in sorted(experiments):
        results = f"docs/experiments/results/{name}.json"
        again = f"`make experiments NAME={name}` measures again"
        try:
            _ = Experiment(name, root).parts
        except ValueError as error:
            faults.append(str(error))
            continue
        if name not in committed:
            faults.append(f"{results}: is missing: {again}")
        elif sorted(record := load_results(name, root)) != KEYS:
            faults.append(f"{results}: expected the keys {KEYS}, got {sorted(record)}")
        elif not is_sealed(record):
            faults.append(f"{results}: was changed after it was measured: {again}")
    return faults
