"""A record agrees with itself: what it keeps of each part, of all seeds, and of all seconds.

    "parts": {"gru, seed 0": {"code": ..., "versions": ..., "cpu_seconds": 1.5, "measured": ...}}

Each part has these four keys. All parts were measured with one Python and one NumPy, because one
table should not mix two machines. Their seconds add up to those of the record. A part that was
given five seeds returned five of everything that the other parts of its function returned as many
of as they were given seeds.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tools.results import LEADING, Experiment

Found = Iterator[tuple[str, str]]  # the key in the record, and what is wrong there
KEYS = ["code", "cpu_seconds", "measured", "versions"]
OF_VERSIONS = ["numpy", "python"]


def faults(experiment: Experiment, record: dict[str, Any]) -> Found:
    """Say where a record contradicts itself."""
    older = record.get("older", {}).get("parts", {})
    for some in (record["parts"], older):
        for label, part in some.items():
            if sorted(part) != KEYS:
                yield label, f"{label}: expected the keys {KEYS}, got {sorted(part)}"
                return
        yield from version_faults(some)
    seconds = round(sum(part["cpu_seconds"] for part in record["parts"].values()), 1)
    if (got := record.get("cpu_seconds")) != seconds:
        yield "cpu_seconds", f"expected the seconds of all parts, {seconds}, got {got}"
    if list(older) != (leading := experiment.labels(LEADING)):
        differ = sorted(set(older) ^ set(leading))[:3]
        yield (
            "older",
            f"expected the parts of LEADING in their order, got others: {differ}: with OLD=1",
        )
    yield from seed_faults(experiment, record)


def version_faults(parts: dict[str, Any]) -> Found:
    """Say which parts were measured with another Python or NumPy than most."""
    versions = [part["versions"] for part in parts.values()]
    for label, part in parts.items():
        most, got = max(versions, key=versions.count), part["versions"]
        if got != most or sorted(most) != OF_VERSIONS:
            yield label, f"{label}: expected the versions of most parts, {most}, got {got}"


def seed_faults(experiment: Experiment, record: dict[str, Any]) -> Found:
    """Say which parts have other numbers of values than they were given seeds."""
    seeds, parts = record["seeds"], record["parts"]
    given = defaultdict(dict)  # by function: how many seeds each of its parts was given
    for label, part in experiment.parts.items():
        for argument in part.arguments if part else ():
            if isinstance(argument, list) and argument == seeds[: len(argument)] != []:
                given[part.function][label] = len(argument)
    for function, labels in given.items():
        lengths = {label: dict(lists(parts[label]["measured"])) for label in labels}
        for where in sorted({where for each in lengths.values() for where in each}):
            there = {label: each[where] for label, each in lengths.items() if where in each}
            wrong = [label for label, length in there.items() if length != labels[label]]
            for label in wrong if 2 * len(wrong) < len(there) else ():
                expected = f"expected {labels[label]} of measured{where}, got {there[label]}"
                yield label, f"{label}: {expected}: `{function}` has one for each seed"
        for label, number in labels.items():
            if number not in lengths[label].values():
                yield label, f"{label}: expected one value for each of {number} seeds"


def lists(value: Any, where: str = "") -> Iterator[tuple[str, int]]:
    """Say where lists are in nested dictionaries, and how long they are."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from lists(inner, f"{where}[{key!r}]")
    elif isinstance(value, list):
        yield where, len(value)
