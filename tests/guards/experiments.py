"""The committed results of an experiment were made by the code that is here, and left alone."""

from pathlib import Path

from tests.guards.stems import stems
from tools.results import checksum, code_hash, load_results

KEYS = ["code_sha256", "cpu_seconds", "results", "seeds", "sha256", "versions"]


def check(root: Path) -> list[str]:
    """Each experiment has its results, complete, and made by its present code."""
    folder = root / "docs" / "experiments"
    experiments = stems(folder)
    committed = {path.stem for path in (folder / "results").glob("*.json")}
    faults = [
        f"docs/experiments/results/{name}.json: no experiment docs/experiments/{name}.py"
        for name in sorted(committed - experiments)
    ]
    for name in sorted(experiments):
        results = f"docs/experiments/results/{name}.json"
        again = (
            f"`make experiments NAME={name}` measures again, `make experiments` all that are stale"
        )
        try:
            code = code_hash(name, root)
        except ValueError as error:
            faults.append(str(error))
            continue
        if name not in committed:
            faults.append(f"{results}: is missing: {again}")
        elif sorted(record := load_results(name, root)) != KEYS:
            faults.append(f"{results}: expected the keys {KEYS}, got {sorted(record)}")
        elif record["sha256"] != checksum(record):
            faults.append(f"{results}: was changed after it was measured: {again}")
        elif record["code_sha256"] != code:
            faults.append(f"{results}: is older than the code that makes it: {again}")
    return faults
