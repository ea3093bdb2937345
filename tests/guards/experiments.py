"""The committed results of an experiment are complete, were left alone, and keep the rules.

Whether they are older than the code is no fault: the end of a run of the tests lists these. Two
rules for experiments can be seen in the results:

- A search for a setting is in "trials", with neighbouring rates and a score for each seed, and its
  winner is not on the edge of what was tried. This one is at fault, since 0.03 may be better still:

      {"chosen": 0.01, "seeds": [100], "tried": [{"rate": 0.003, ...}, {"rate": 0.01, ...}]}

- A curve over time also has an axis of training steps, for those whose machine is slower:
  {"seconds": [0.1, 0.2], "steps": [10, 20], "loss": [3.1, 2.9]}
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.guards.includes import read
from tests.guards.stems import stems
from tools.results import (
    ALONE,
    LEADING,
    Experiment,
    as_text,
    is_sealed,
    load_record,
    results_path,
    stale,
)
from tools.trials import neighbour

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
            experiment = Experiment(name, root)
            _ = experiment.parts, experiment.labels(LEADING), experiment.labels(ALONE)
        except ValueError as error:
            faults.append(str(error))
            continue
        if name not in committed:
            faults.append(f"{results}: is missing: {again}")
        elif sorted((record := load_record(name, root)).keys() - {"older"}) != KEYS:
            faults.append(f"{results}: expected the keys {KEYS}, got {sorted(record)}")
        elif not is_sealed(record) or as_text(record) != read(results_path(name, root)):
            faults.append(f"{results}: was changed after it was measured: {again}")
        elif not stale(name, root):  # what is stale keeps the rules when it is measured again
            broken = [*trial_faults(record), *curve_faults(record["results"])]
            faults += [f"{results}: {fault}" for fault in broken]
    return faults


def trial_faults(record: dict[str, Any]) -> Iterator[str]:
    """Say which searches chose on the edge, not the best, or with a seed that is reported."""
    found = [*dictionaries(record["results"]), *dictionaries(record["parts"], "parts")]
    for where, trial in found:
        if not {"chosen", "tried", "seeds"} <= trial.keys():
            continue
        rates = [row["rate"] for row in trial["tried"]]
        if not min(rates) < trial["chosen"] < max(rates):
            chosen = trial["chosen"]
            yield f"{where}: expected a chosen rate between others, got {chosen} of {rates}"
        for one, other in pairwise(rates):
            if other != (beside := neighbour(one, up=True)):
                yield f"{where}: expected the rate {beside} beside {one}, got {other}"
        for row in trial["tried"]:
            if len(row["scores"]) != len(trial["seeds"]):
                seeds = f"the seeds {trial['seeds']}"
                yield f"{where}: expected a score for each of {seeds}, got {row['scores']}"
        shared = set(trial["seeds"]) & set(record["seeds"])
        if shared and where.startswith("results"):  # some parts draw nothing
            yield f"{where}: expected seeds that are not reported, got {sorted(shared)}"
        means = {
            row["rate"]: sum(row["scores"]) for row in trial["tried"] if None not in row["scores"]
        }
        if trial["chosen"] != (best := min(means, key=means.get)):
            yield f"{where}: expected the rate with the lowest score, {best}, got {trial['chosen']}"


def curve_faults(results: Any) -> Iterator[str]:
    """Say which curves over time have no axis of training steps."""
    for where, curve in dictionaries(results):
        seconds, steps = curve.get("seconds"), curve.get("steps")
        if isinstance(seconds, list) and not (
            isinstance(steps, list) and len(steps) == len(seconds)
        ):
            yield f"{where}: expected `steps` beside `seconds`, a number of training steps for each"


def dictionaries(value: Any, where: str = "results") -> Iterator[tuple[str, dict]]:
    """List all dictionaries in nested results, with where they are."""
    if isinstance(value, dict):
        yield where, value
        for key, item in value.items():
            yield from dictionaries(item, f"{where}[{key!r}]")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from dictionaries(item, f"{where}[{number}]")
