"""What a record says of itself, and what pages say of its seeds, agrees with the experiment.

    SEEDS = [0, 1, 2]           the record has these seeds, also in the names of its parts
    summarise(measured)         gives the results that are in the record, and those of an older
                                processor; what else holds for parts is in tests/guards/kept.py
    over three seeds            as many as SEEDS has, or a slice SEEDS[:3] of it; others, as in
                                `two of three seeds`, have a check comment; those of trials are
                                not looked at

Whether a part has measured right can only be seen by measuring it again.
"""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.guards import kept
from tests.guards.counts import NUMBER, SENTENCE, Text, texts
from tests.guards.files import text_files
from tests.guards.includes import read
from tests.guards.numbers import WORDS
from tests.guards.stems import stems
from tools.results import SUMMARY, Experiment, imports_from, load_record, results_path

SEED = re.compile(r"\bseed (\d+)\b")
SEEDS = re.compile(
    rf"\b(?:({NUMBER}) seeds? (?:out )?of (?:the |these )?({NUMBER})"
    rf"|(?:({NUMBER}) (?:out )?of (?:the |these )?)?({NUMBER}) (?:\w+ )?seeds)\b",
    re.IGNORECASE,
)
FEWER = re.compile(r"\bSEEDS\[:(\d+)\]")  # where some rows need fewer
TRIAL = re.compile(r"\b(other seeds|trials?|tr(y|ies|ied)|[Tt]rain|not reported)\b")
NO_RECORD = re.compile(r"\bnot in the record\b")
OF_A_RECORD = re.compile(r"(?:make experiments NAME=|docs/experiments/results/)(\w+)")
NAMED = re.compile(r"experiments/(\w+)\.py|results\(\"(\w+)\"\)")


def check(root: Path) -> list[str]:
    """Compare each record with its script, and each page with the records that it speaks of."""
    folder, faults, seeds = root / "docs/experiments", [], {}
    for name in sorted(stems(folder)):
        experiment = Experiment(name, root)
        if results_path(name, root).is_file() and "SEEDS" in experiment.source.pieces:
            with imports_from(root):
                expected = list(experiment.define(experiment.reach("SEEDS").kept).SEEDS)
            fewer = FEWER.findall(read(root / experiment.path))
            seeds[name] = {len(expected), *(int(number) for number in fewer)}
            path = results_path(name, root)
            for where, fault in record_faults(experiment, expected, load_record(name, root)):
                line = line_of(read(path), where)
                faults.append(f"{path.relative_to(root).as_posix()}:{line}: {fault}")
    for name, source in text_files(root):
        if name.endswith(".md") or Path(name).parent == Path("docs/experiments"):
            faults += page_faults(name, source, seeds)
    return faults


def line_of(text: str, key: str) -> int:
    """Find the line of a record where a key, such as the name of a part, stands first."""
    before, _, _ = text.partition(f"{json.dumps(key)}: ")
    return before.count("\n") + 1


def record_faults(
    experiment: Experiment, expected: list, record: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """Say where a record and its script differ, stale parts aside: at which key, and how."""
    again = f"`make experiments NAME={experiment.name}` measures again"
    if record.get("seeds") != expected:
        yield "seeds", f"expected the seeds {expected} of SEEDS, got {record.get('seeds')}: {again}"
        return
    parts = record.get("parts", {})
    named = {int(seed) for label in parts for seed in SEED.findall(label)}
    if not named <= set(expected):
        yield "parts", f"expected parts of the seeds {expected}, got {sorted(named)}: {again}"
    if record.get("summarise") != experiment.code_of(SUMMARY):
        return  # stale
    if list(parts) != list(experiment.parts):
        differ = sorted(set(parts) ^ set(experiment.parts))[:3]
        yield "parts", f"expected the parts of PARTS in their order, got others: {differ}: {again}"
        return
    contradictions = [*kept.faults(experiment, record)]
    yield from ((where, f"{fault}: {again}") for where, fault in contradictions)
    if contradictions:
        return  # what cannot be summed up
    for key, whose in (("results", ""), ("older", "older ")):
        if some := record if key == "results" else record.get(key):
            made = experiment.summarised(parts | some["parts"])
            if (where := difference(made, some["results"])) is not None:
                what = "is not what `summarise` makes of the parts"
                yield key, f"{whose}results{where} {what}: {again}"


def difference(made: Any, kept: Any) -> str | None:
    """Say where two results differ by more than another processor's rounding, if anywhere."""
    if isinstance(made, dict) and isinstance(kept, dict) and made.keys() == kept.keys():
        pairs = [(f"[{json.dumps(key)}]", made[key], kept[key]) for key in made]
    elif isinstance(made, list) and isinstance(kept, list) and len(made) == len(kept):
        pairs = [(f"[{at}]", *pair) for at, pair in enumerate(zip(made, kept, strict=True))]
    elif isinstance(made, float) and isinstance(kept, float):
        return None if math.isclose(made, kept, rel_tol=1e-9, abs_tol=1e-12) else ""
    else:
        return None if made == kept else ""
    for where, one, other in pairs:
        if (within := difference(one, other)) is not None:
            return where + within
    return None


def page_faults(name: str, source: str, seeds: dict[str, set[int]]) -> Iterator[str]:
    """List what a page says of seeds that no record has, and no comment checks."""
    lines = source.split("\n")
    if name.startswith("docs/experiments/"):
        for line, row in enumerate(lines, start=1):
            for other in {it for it in OF_A_RECORD.findall(row) if it != Path(name).stem}:
                yield f"{name}:{line}: speaks of the results of {other}: expected its own"
    for text in texts(name, source):
        if "seed" not in text.words:
            continue
        around = "\n".join(lines[text.line - 1 : text.line + text.words.count("\n") + 1])
        own = {Path(name).stem} if name.startswith("docs/experiments/") else set()
        named = own or {it for pair in NAMED.findall(around) for it in pair}
        right = {number for it in named for number in seeds.get(it, ())}
        for fault in seed_faults(text, right):
            yield f"{name}:{text.line}: {fault}"


def seed_faults(text: Text, right: set[int]) -> Iterator[str]:
    """Compare the numbers of seeds in a text with those of the records."""
    sentences = SENTENCE.split(" ".join(text.words.split()))
    told = [
        sentence
        for sentence, after in zip(sentences, [*sentences[1:], ""], strict=True)
        if not TRIAL.search(sentence) and not NO_RECORD.search(sentence + after)
    ]
    for match in (match for sentence in told for match in SEEDS.finditer(sentence)):
        some, every = match[1] or match[3], match[2] or match[4]
        wrong = [every] if amount(every) not in right else []
        wrong += [some] if some and amount(some) not in right | {1} else []
        for number in wrong:
            if number.lower() not in text.checked:
                there = " or ".join(map(str, sorted(right))) or "an experiment's number of"
                yield (
                    f"expected {there} seeds, or `<!-- check: {number.lower()} == expression -->` "
                    f"after the paragraph, got `{match[0]}`"
                )


def amount(number: str) -> int:
    return WORDS[number.lower()] if number.lower() in WORDS else int(number)
