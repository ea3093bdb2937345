"""A plot of an experiment says what it shows: its series, and what is plotted against what.

    for name, rows in full["cells"].items():
        axes.plot(LAGS, [row["mean"] for row in rows], label=name)

A label is made of what its data is found by, here `name`. If it is typed, a word of it is in the
name of the data: `axes.plot(truth, label="truth")`. So no two labels can change places. The text
for those who cannot see the plot, `alt`, says `accuracy against lag`, in words of the axes.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.guards.includes import parse, read
from tests.guards.markdown import ALT
from tests.guards.stems import stems

CELL = re.compile(r"^# %%(.*)\n((?:(?!# %%).*\n?)*)", re.MULTILINE)
AXIS = re.compile(r"(?:set_|sup)?([xy])label")
TICKS = re.compile(r"set_[xy]tick(?:s|labels)")
WORD = re.compile(r"(?!(?:the|and|for|per|its|all)\b)[a-z]{3,}|\d+")
LIBRARIES = {"np", "plt", "axes", "figure"}


def check(root: Path) -> list[str]:
    """Look at the labels in every cell of every experiment."""
    faults = []
    for name in sorted(stems(root / "docs/experiments")):
        source = read(root / f"docs/experiments/{name}.py")
        records = LIBRARIES | set(loaded(parse(source)))
        for cell in CELL.finditer(source):
            if "[markdown]" not in cell[1] and "label" in cell[2] and "plt." in cell[2]:
                start = source.count("\n", 0, cell.start(2))
                plot = Plot(ast.parse(cell[2]), records)
                for line, fault in [*plot.faults(), *axis_faults(plot.tree, ALT.search(cell[1]))]:
                    faults.append(f"docs/experiments/{name}.py:{start + line}: {fault}")
    return faults


def loaded(tree: ast.Module) -> Iterator[str]:
    """Name what holds a whole record: that two things come from it ties them to nothing."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and "load_results(" in ast.unparse(node.value):
            yield from names(node.targets[0])


def names(node: ast.AST) -> set[str]:
    return {it.id for it in ast.walk(node) if isinstance(it, ast.Name)}


class Plot:
    """A cell that draws, and of what each of its variables is made."""

    def __init__(self, tree: ast.Module, records: set[str]):
        self.tree, self.records = tree, records
        self.made_of: dict[str, set[str]] = {}
        self.values: dict[str, ast.expr] = {}
        loops = [node for node in ast.walk(tree) if isinstance(node, ast.For)]
        self.repeated = {id(it) for loop in loops for it in ast.walk(loop)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self.tie(target, node.value)
            elif isinstance(node, ast.For | ast.comprehension):
                self.tie(node.target, node.iter, each=True)
        self.of_cell = {
            *self.made_of,
            *(it for made in self.made_of.values() for it in made if " " in it),
        }

    def tie(self, target: ast.expr, value: ast.expr, each: bool = False) -> None:
        """Note of what a variable is made, or each one in turn of what a loop takes together."""
        call = value.func if isinstance(value, ast.Call) else None
        several = isinstance(target, ast.Tuple)
        if several and each and isinstance(call, ast.Name) and call.id == "zip":
            for one, of in zip(target.elts, value.args, strict=False):
                self.tie(one, of, each=True)
        elif several and each and isinstance(call, ast.Name) and call.id == "enumerate":
            self.tie(target.elts[1], value.args[0], each=True)
        elif several and isinstance(value, ast.Tuple) and not each:
            for one, of in zip(target.elts, value.elts, strict=False):
                self.tie(one, of)
        else:
            together = set()
            if isinstance(call, ast.Attribute) and call.attr == "items":
                together = {f"items of {ast.unparse(call.value)}"}
            for name in names(target):
                self.made_of.setdefault(name, set()).update(names(value) | together)
            if isinstance(target, ast.Name) and not each:
                self.values[target.id] = value

    def reach(self, *nodes: ast.AST) -> set[str]:
        """List the variables that some expressions are made of, in any depth."""
        waiting, found = list(set().union(*map(names, nodes))), set()
        while waiting:
            name = waiting.pop()
            if name not in found and name not in self.records:
                found.add(name)
                waiting += self.made_of.get(name, ())
        return found

    def words(self, *nodes: ast.AST) -> str:
        """Gather the names and texts that some expressions are made of."""
        values = [self.values[it] for it in self.reach(*nodes) if it in self.values]
        return " ".join([*self.reach(*nodes), *map(ast.unparse, [*nodes, *values])]).lower()

    def faults(self) -> Iterator[tuple[int, str]]:
        """List the labels that are tied to no data."""
        for call in (it for it in ast.walk(self.tree) if isinstance(it, ast.Call)):
            method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            given = {it.arg: it.value for it in call.keywords}
            label, data = given.get("label"), call.args
            if method == "set_label":
                label, data = call.args[0], [call.func.value]
            if label is not None and any(map(names, data)) and not self.is_tied(label, data):
                shown = ", ".join(map(ast.unparse, data[:2]))
                expected = "expected a label made of what finds the data"
                yield label.lineno, f"{expected}, got `{ast.unparse(label)}` for `{shown}`"
            title = call.args[0] if method == "set_title" else given.get("title")
            if isinstance(title, ast.Constant) and id(title) in self.repeated:
                yield (
                    title.lineno,
                    f"expected a title made of what the loop takes, got {title.value!r}",
                )
            if method == "legend" and len(call.args) == 2:
                yield from self.legend_faults(*call.args)
            if TICKS.fullmatch(method):
                yield from tick_faults(call)
            if method == "items":
                yield from self.table_faults(call.func.value)

    def is_tied(self, label: ast.expr, data: list[ast.expr]) -> bool:
        """Tell whether a label comes from what its data comes from, or names it."""
        if names(label):
            return bool(self.reach(label) & self.reach(*data) & self.of_cell)
        if id(label) in self.repeated:
            return False
        if not isinstance(label, ast.Constant) or not isinstance(label.value, str):
            return True
        return share_word(label.value, self.words(*data))

    def legend_faults(self, handles: ast.expr, labels: ast.expr) -> Iterator[tuple[int, str]]:
        """Compare typed labels of a legend with the names of what they are for."""
        labels = self.values.get(getattr(labels, "id", None), labels)
        handles = self.values.get(getattr(handles, "id", None), handles)
        if isinstance(labels, ast.List) and isinstance(handles, ast.List):
            for handle, label in zip(handles.elts, labels.elts, strict=False):
                words = ast.unparse(handle).lower()
                if isinstance(label, ast.Constant) and not share_word(label.value, words):
                    yield label.lineno, f"expected a word of `{words}` in `{label.value}`"

    def table_faults(self, table: ast.expr) -> Iterator[tuple[int, str]]:
        """Compare the keys of a table that is typed in the cell with the values beside them."""
        table = self.values.get(getattr(table, "id", None), table)
        if isinstance(table, ast.Dict):
            for key, value in zip(table.keys, table.values, strict=True):
                typed = isinstance(key, ast.Constant) and isinstance(key.value, str)
                if typed and names(value) and not share_word(key.value, self.words(value)):
                    yield (
                        key.lineno,
                        (
                            f"expected a word of `{key.value}` in what finds its data, got "
                            f"`{ast.unparse(value)}`"
                        ),
                    )


def tick_faults(call: ast.Call) -> Iterator[tuple[int, str]]:
    """List the names at an axis that are typed; numbers may be."""
    for argument in call.args:
        for it in argument.elts if isinstance(argument, ast.List | ast.Tuple) else ():
            if isinstance(it, ast.Constant) and re.search("[A-Za-z]", str(it.value)):
                yield it.lineno, f"expected the names at an axis from the record, got `{it.value}`"


def axis_faults(tree: ast.Module, alt: re.Match | None) -> Iterator[tuple[int, str]]:
    """Compare the words at both axes with those of the text that stands for the plot."""
    found = sorted(axis_labels(tree))
    if not found or not alt:
        return
    before, against, after = alt[1].lower().split(". ")[0].partition(" against ")
    if len({axis for _, axis, _ in found}) == 2 and not against:
        yield found[0][0], "expected an alt text that says what is plotted `against` what"
        return
    for line, axis, label in found:
        part = alt[1].lower() if not against else after if axis == "x" else before
        if missing := [it for it in WORD.findall(label.lower()) if not share_word(it, part)]:
            side = f"{'after' if axis == 'x' else 'before'} `against` " if against else ""
            yield line, f"expected `{missing[0]}`, as in `{label}`, {side}in the alt text"


def axis_labels(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Find the texts at the axes: the line, x or y, and the text."""
    for call in (it for it in ast.walk(tree) if isinstance(it, ast.Call)):
        given = [(it.arg, it.value) for it in call.keywords]
        if isinstance(call.func, ast.Attribute) and call.args:
            given.append((call.func.attr, call.args[0]))
        for name, value in given:
            axis = AXIS.fullmatch(name or "")
            if axis and isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.lineno, axis[1], value.value


def share_word(one: str, other: str) -> bool:
    """Tell whether a word of one text, or its beginning, is in the other."""
    begins = [rf"(?<![a-z]){word[:4]}" for word in WORD.findall(one.lower())]
    return any(re.search(begin, other) for begin in begins)
