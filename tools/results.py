"""Keeps what an experiment measured, and tells whether its code has changed since.

An experiment lists in PARTS what its full run measures: each part is a function and its arguments.
`summarise` makes the results out of what all parts returned. Each part has a hash of its own. It
covers the code that the part reaches, in the experiment, the snippets and the tools (tools/reach.py
says how), with the excerpts that this code names, and the arguments. `summarise` has one, too,
which also covers the names of the parts. A part is stale if its hash in the record is not that of
the code today.

A record keeps what each part returned. So a stale or an added part is measured alone, and the
results are made of its new values and the old values of all others. Records from before this rule
lack these values: once any part of theirs is measured again, all of them are.

For example, with

    PARTS = {"seed 0": (measure, "lstm", 0), "seed 1": (measure, "lstm", 1)}

a change of `init_lstm` makes both parts stale, another argument only the part that has it, and a
change of `init_gru` none.

An experiment may list in LEADING the parts that its conclusions rest on. These are measured a
second time as on an older processor, which rounds differently (`make experiments OLD=1`). The
record keeps what they returned then, and the results that `summarise` makes with these values.
"""

import ast
import hashlib
import importlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple

from tools.reach import ROWS, Book, Reach, atoms, definitions, digest, only, parse

ROOT = Path(__file__).resolve().parents[1]
SHORT = 10_000  # characters of JSON
FULL = ("PARTS", "SEEDS", "summarise")  # what a full run is made of
SUMMARY = "summarise"  # its hash is kept beside those of the parts
LEADING = "LEADING"  # parts that are measured as on an older processor, too
ALONE = "ALONE"  # parts that are timed, so that nothing may run beside them
SHOWN = 3  # parts that are named where all are stale
FIXED = {*dir(frozenset), *dir(MappingProxyType), *dir(tuple)}
CHANGING = {*dir(set), *dir(dict), *dir(list)} - FIXED  # methods such as `update`


def experiments(root: Path = ROOT) -> list[str]:
    """Name all experiments."""
    return sorted(path.stem for path in (root / "docs/experiments").glob("[a-z]*.py"))


def chosen(given: str, root: Path = ROOT) -> str:
    """Return the name of an experiment, which may be given with hyphens; exit if there is none."""
    name, known = given.replace("-", "_"), experiments(root)
    if name not in known:
        sys.exit(f"There is no experiment {given!r}, but {', '.join(known)}.")
    return name


def results_path(name: str, root: Path = ROOT) -> Path:
    """Say where the record of an experiment stands."""
    return root / "docs" / "experiments" / "results" / f"{name}.json"


def load_record(name: str, root: Path = ROOT) -> dict[str, Any]:
    """Return the committed record: seeds, cpu_seconds, parts, results, and hashes."""
    return json.loads(results_path(name, root).read_text(encoding="utf-8"))


def load_results(name: str, root: Path = ROOT, *, older: bool = False) -> dict[str, Any]:
    """Return what `summarise` made of the committed record.

    With `older`, the leading parts are those that were measured as on an older processor. JSON has
    only texts as keys: those that are whole numbers become numbers again, so that
    `load_results("memory")["lstm"]["accuracy"][200]` finds what was measured at 200.
    """
    record = load_record(name, root)
    return with_numbers((record["older"] if older else record)["results"])


def with_numbers(value: Any) -> Any:
    """Turn the keys of nested dictionaries that are whole numbers into numbers."""
    if isinstance(value, list):
        return [with_numbers(item) for item in value]
    if isinstance(value, dict):
        return {
            int(key) if re.fullmatch(r"-?\d+", key) else key: with_numbers(item)
            for key, item in value.items()
        }
    return value


def save_results(name: str, record: dict[str, Any], root: Path = ROOT) -> None:
    """Write a record with a seal, by which a number that is changed by hand later is noticed."""
    record = json.loads(json.dumps(record))  # as it will be read: keys are text
    write_whole(results_path(name, root), as_text(record | {"sha256": checksum(record)}))


def as_text(record: dict[str, Any]) -> str:
    """Write a record as JSON with a line for each part: so a comparison shows what was measured."""
    shown, lines = dict(record), {}
    shown["parts"] = "PARTS"
    lines["PARTS"] = one_line_each(record["parts"], "  ")
    if "older" in record:
        shown["older"] = record["older"] | {"parts": "OLDER PARTS"}
        lines["OLDER PARTS"] = one_line_each(record["older"]["parts"], "   ")
    text = json.dumps(shown, indent=1, allow_nan=False)
    for name_of, parts in lines.items():
        text = text.replace(f'"parts": "{name_of}"', f'"parts": {parts}')
    return text + "\n"


def one_line_each(parts: dict[str, Any], indent: str) -> str:
    """Write parts as JSON with a line for each."""
    lines = [f"{indent}{json.dumps(label)}: {json.dumps(it)}" for label, it in parts.items()]
    if not lines:
        return "{}"
    return "{\n" + ",\n".join(lines) + f"\n{indent[1:]}}}"


def is_sealed(record: dict[str, Any]) -> bool:
    """Tell whether a record is as it was written."""
    return record.get("sha256") == checksum(record)


def checksum(record: dict[str, Any]) -> str:
    """Hash all that a record says, the seal itself aside."""
    said = {key: value for key, value in record.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def short_values(names: dict[str, Any]) -> str:
    """Write as JSON what a page has measured: its variables, but no texts, weights or functions."""
    kept = {}
    for name, value in names.items():
        with suppress(AttributeError, TypeError, ValueError):
            text = json.dumps(value, default=lambda it: it.tolist())
            if name[0] != "_" and len(text) < SHORT:
                kept[name] = json.loads(text)
    return json.dumps(kept, indent=0)  # many short lines: Jupyter takes long over a long one


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"dir": path.parent, "encoding": "utf-8", "delete_on_close": False}
    with tempfile.NamedTemporaryFile("w", **options) as file:  # deletes what is still there
        file.write(text)
        file.close()
        Path(file.name).chmod(0o644)
        os.replace(file.name, path)


def load(name: str, names: Iterable[str] | None = None, root: Path = ROOT) -> ModuleType:
    """Define what an experiment defines, without what it runs: all of it, or what names reach."""
    experiment = Experiment(name, root)
    names = experiment.source.pieces if names is None else names
    return experiment.define(experiment.reach(*names).kept)


class Part(NamedTuple):
    """A part of a full run: the name of a function of the experiment, and its arguments."""

    function: str
    arguments: tuple


class Rows(dict):
    """The rows of a table that a part needs: code cannot handle a lack of others as a KeyError."""

    def __missing__(self, key):
        raise RuntimeError(
            f"expected one of the keys {[*self]} that this part is known to need, got {key!r}: "
            "make the key an argument of the part, or write it in the code that the part reaches"
        )

    def __or__(self, other):
        return Rows({**self, **other})

    def __ror__(self, other):
        return Rows({**other, **self})


class Experiment:
    """An experiment as its files are now: each is read once, so all is of one moment."""

    def __init__(self, name: str, root: Path = ROOT):
        self.name, self.root, self.book = name, root, Book(root)
        self.path = f"docs/experiments/{name}.py"
        self.tree = parse((root / self.path).read_bytes(), self.path)
        self.source = self.book.source(self.path)
        self.reach, self._modules = cache(self._reach), {}

    def _reach(self, *names: str, known: Set[Any] | None = None) -> Reach:
        """Find what some names reach: with all rows of tables, or with those that are known."""
        return Reach(self.book, self.path, names, known)

    def reach_of_part(self, label: str) -> Reach:
        """Find what a part reaches."""
        part = self.parts[label]
        if part is None:
            return self.reach("PARTS")
        keys = {atom for rows in self.source.rows.values() for key in rows for atom in atoms(key)}
        given = {it for it in atoms(part.arguments) if it in keys or self.book.named(it)}
        return self.reach(part.function, known=frozenset(given))

    def define(self, kept: dict[str, set | None]) -> ModuleType:
        """Execute some definitions, and nothing else of the experiment."""
        module = ModuleType(self.name)
        module.__dict__[ROWS] = Rows
        exec(compile(only(self.tree, kept), self.path, "exec"), module.__dict__)
        return module

    @cached_property
    def parts(self) -> dict[str, Part | None]:
        """List the parts: None is one whose arguments are not plain numbers and texts.

        Such a part counts as reaching all that PARTS reaches. Without PARTS there is no full run.
        """
        if "PARTS" not in self.source.pieces:
            return {}
        self._check_constants()
        reach = self.reach("PARTS")
        key = digest(repr(reach.found))
        if key not in listed:
            try:
                with imports_from(self.root):
                    module = self.define(reach.kept)
                    parts = {label: as_part(module, it) for label, it in module.PARTS.items()}
            except Exception as error:
                raise ValueError(f"{self.path}: PARTS cannot be listed: {error!r}") from error
            if SUMMARY in parts:
                raise ValueError(f"{self.path}: expected no part of the name {SUMMARY!r}")
            listed[key] = parts
        return listed[key]

    def labels(self, constant: str) -> list[str]:
        """List the parts that LEADING or ALONE names; none where there is no such constant."""
        if constant not in self.source.pieces:
            return []
        with imports_from(self.root):
            named = getattr(self.define(self.reach(constant).kept), constant)
        if unknown := [label for label in named if label not in self.parts]:
            known = "; ".join(self.parts)
            raise ValueError(f"{self.path}: {constant} names {unknown[0]!r}, the parts are {known}")
        return list(named)

    def found(self, label: str) -> dict[str, str]:
        """Say what a part depends on: where it is, and its hash."""
        if label == SUMMARY:
            return self.reach("SEEDS", SUMMARY).found | {"parts": repr([*self.parts])}
        return self.reach_of_part(label).found | {"call": repr(self.parts[label])}

    @cached_property
    def code(self) -> dict[str, str]:
        """Hash what each part depends on, and what `summarise` does."""
        labels = [*self.parts, SUMMARY] if self.parts else []
        return {label: self.code_of(label) for label in labels}

    def code_of(self, label: str) -> str:
        """Hash what one part, or `summarise`, depends on."""
        return digest(repr(sorted(self.found(label).items())))

    def summarised(self, parts: dict[str, Any]) -> Any:
        """Put together what recorded parts have measured, as the full run does."""
        measured = {label: part["measured"] for label, part in parts.items()}
        with imports_from(self.root):
            module = self.define(self.reach("SEEDS", SUMMARY).kept)
            results = module.summarise(json.loads(json.dumps(measured)))
        return json.loads(json.dumps(results, default=lambda it: it.tolist()))

    def measure(self, label: str) -> Any:
        """Run a part, with nothing else of the experiment than what it reaches."""
        part, reach = self.parts[label], self.reach_of_part(label)
        if reach not in self._modules:  # parts of one reach share what they have read
            self._modules[reach] = self.define(reach.kept)
        module = self._modules[reach]
        if part is None:
            function, *arguments = module.PARTS[label]
        else:
            function, arguments = getattr(module, part.function), part.arguments
        return function(*arguments)

    def _check_constants(self) -> None:
        """Refuse a statement that changes a constant for the page, but not for the full run."""
        kept = self.reach(*FULL).kept
        constants = {name for name in kept if name.isupper()}
        for node in self.tree.body:
            names = {name for name, _ in definitions(node, True)}
            if isinstance(node, ast.FunctionDef | ast.ClassDef) or names & kept.keys():
                continue
            for constant in constants.intersection(_changed(node)):
                first, *_ = ast.unparse(node).splitlines()
                raise ValueError(
                    f"{self.path}:{node.lineno}: `{first}` changes {constant} for the page only, "
                    "as the full run executes no such statement: expected all of "
                    f"{constant} where it is assigned"
                )


listed: dict[str, dict[str, Part | None]] = {}  # by the hash of the code of PARTS


def as_part(module: ModuleType, given: tuple) -> Part | None:
    """Name the function of a part, if its arguments are plain: numbers, texts, lists of them."""
    function, *arguments = given
    name = getattr(function, "__name__", "")
    is_plain = all(isinstance(it, str | int | float | None) for it in atoms(arguments))
    return Part(name, tuple(arguments)) if is_plain and vars(module).get(name) is function else None


@contextmanager
def imports_from(root: Path) -> Iterator[None]:
    """Import snippets and tools from another repository, then restore what was imported before.

    Without this a process that lives on, such as `make serve`, would miss a function that has been
    added to a snippet since the snippet was imported.
    """
    before, path, no_files = sys.modules.copy(), sys.path[:], sys.dont_write_bytecode
    _forget_ours()
    sys.path.insert(0, str(root))
    sys.dont_write_bytecode = True
    importlib.invalidate_caches()
    try:
        yield
    finally:
        _forget_ours()
        sys.path[:], sys.dont_write_bytecode = path, no_files
        sys.modules.update(before)


def _forget_ours() -> None:
    """Take snippets and tools out of what is imported."""
    for name in [*sys.modules]:
        if name.split(".")[0] in ("snippets", "tools"):
            del sys.modules[name]


def stale(name: str, root: Path = ROOT) -> list[str]:
    """Name the parts, and `summarise`, whose code is not that of the record."""
    path, code = results_path(name, root), Experiment(name, root).code
    measured = hashes(load_record(name, root)) if path.exists() else {}
    return [label for label in code if measured.get(label) != code[label]]


def stale_older(name: str, root: Path = ROOT) -> list[str]:
    """Name the leading parts that were not measured as on an older processor with today's code."""
    path, experiment = results_path(name, root), Experiment(name, root)
    record = load_record(name, root) if path.exists() else {}
    measured = record.get("older", {}).get("parts", {})
    return [
        label
        for label in experiment.labels(LEADING)
        if measured.get(label, {}).get("code") != experiment.code[label]
    ]


def hashes(record: dict[str, Any]) -> dict[str, str]:
    """Return the hashes of the code that a record was made by: of each part and `summarise`."""
    parts = {label: part["code"] for label, part in record.get("parts", {}).items()}
    return parts | {SUMMARY: record.get("summarise")}


def notice(root: Path = ROOT) -> str:
    """List the experiments that are stale, each in a line; "" if there are none."""
    lines = []
    for name in experiments(root):
        experiment = Experiment(name, root)
        if labels := stale(name, root):
            parts, total = [it for it in labels if it != SUMMARY], len(experiment.parts)
            said = f"{len(parts)} of {total} parts: {named(parts)}" if parts else SUMMARY
            lines.append(f"  {name}: " + (said if len(parts) < total else f"all {total} parts"))
        elif labels := stale_older(name, root):
            total = len(experiment.labels(LEADING))
            lines.append(
                f"  {name}, as on an older processor (make experiments OLD=1): "
                f"{len(labels)} of {total} parts: {named(labels)}"
            )
    if lines:
        lines.insert(0, "The code of these experiments has changed since they were measured:")
    return "\n".join(lines)


def named(labels: list[str]) -> str:
    """Name the first few parts."""
    return "; ".join(labels[:SHOWN]) + ("; ..." if len(labels) > SHOWN else "")


def main() -> None:
    """Say what is stale, and fail if anything is; `make publishable` calls it."""
    if stale_ones := notice():
        sys.exit(f"{stale_ones}\nNothing stale is published: make experiments measures them again.")
    print("All results were measured with the code that is here.")


def _changed(statement: ast.stmt) -> Iterator[str]:
    """Name what a statement assigns to or deletes, whole or in part, or calls to change.

    `PARTS["new"] = 1`, `del PARTS` and `PARTS.update(more)` all change PARTS.
    """
    for node in ast.walk(statement):
        by_method = isinstance(node, ast.Attribute) and node.attr in CHANGING
        if by_method or isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            while isinstance(node, ast.Attribute | ast.Subscript):
                node = node.value
            if isinstance(node, ast.Name):
                yield node.id


if __name__ == "__main__":
    main()
