r"""Each numbered equation of a page is executed, and both of its sides agree.

The test of the snippet runs it (`exercise`, `SIZES`) and `recording.py` keeps what its variables
hold. `latex.py` reads the formula, `lookup.py` finds its symbols, `evaluating.py` computes it.
For example

    $$
    q^{\langle t \rangle} = U_c a^{\langle t \rangle} + b_{rc}
    \tag{3}
    $$

gives "docs/gru-reset-after.md:37: equation 3 does not hold in _gru_reset_after_step at t = 1: left
0.21, right 0.58", because $a$ is meant at the step before. An equation that cannot be run says why
in a comment behind it: `<!-- not run: a draw -->`.
"""

import ast
import importlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.guards import latex
from tests.guards.equations import LINE, TAG, pages_of
from tests.guards.evaluating import Scene
from tests.guards.includes import read
from tests.guards.latex import Equation, Index, Node, UnreadableError
from tests.guards.lookup import Run, UnresolvedError, notation, together
from tests.guards.markdown import MATH, Page
from tests.guards.process import ask
from tests.guards.recording import record

NOT_RUN = re.compile(r"\s*<!-- not run: (\S.*?) -->", re.DOTALL)
ADVICE = (
    ": is a sign, an index or a name wrong? A right formula that nothing can run says why "
    "behind it: `<!-- not run: why -->`"
)
ROUNDING = 1e4  # times the precision of the dtype and the largest element: sums have many terms
LEAST = 1e-6  # what is smaller on both sides, at each step, proves nothing
ERRORS = ArithmeticError, AttributeError, LookupError, NameError, SyntaxError, TypeError, ValueError


@dataclass(frozen=True)
class Formula:
    """What stands between two `$$` and has a number, and the reason if it is not run."""

    line: int
    latex: str
    not_run: str

    @property
    def numbers(self) -> tuple[str, ...]:
        return tuple(TAG.findall(self.latex))


def check_snippet(root: Path, stem: str) -> list[str]:
    """Run what the test of a snippet calls `exercise`, and evaluate the equations of its pages."""
    return ask(root, run_snippet, stem)


def run_snippet(stem: str) -> list[str]:
    """List the equations that do not hold, cannot be run without a comment, or run despite one."""
    found = [(page, formula) for page in pages_of(Path(), stem) for formula in formulas(page)]
    if not found:
        return []
    run, left_sides = make_run(stem), read_left_sides(stem)
    return [
        f"{page.name}:{formula.line}: equation {' and '.join(formula.numbers)} {fault}"
        for page, formula in found
        if (fault := verdict(run, left_sides, formula))
    ]


def formulas(page: Page) -> Iterator[Formula]:
    """List the numbered formulas of a page."""
    for match in MATH.finditer(page.words):
        if match[1] and TAG.search(match[1]):
            comment = NOT_RUN.match(page.prose, match.end())
            yield Formula(page.line(match.start()), match[1], comment[1] if comment else "")


def make_run(stem: str) -> Run:
    """Run `exercise` and record it."""
    test = importlib.import_module(f"tests.test_{stem}")
    snippet = importlib.import_module(f"snippets.{stem}")
    calls, given = record(test.exercise, Path(snippet.__file__).parent)
    return Run(snippet.__file__, [*notation(Path())], test.SIZES, calls, given or {})


def read_left_sides(stem: str) -> dict[Node, Equation]:
    """Find the equations of a snippet's pages by what they compute."""
    found = {}
    for formula in (it for page in pages_of(Path(), stem) for it in formulas(page)):
        with suppress(UnreadableError):
            found |= {it.left: it for it in latex.read_equations(formula.latex)}
    return found


def verdict(run: Run, left_sides: dict[Node, Equation], formula: Formula) -> str | None:
    """Say what is wrong with a formula, if anything."""
    try:
        equations = latex.read_equations(formula.latex)
        scenes = list(find_scenes(run, left_sides, formula.numbers))
        with np.errstate(all="ignore"):
            fault = other_line(scenes, equations, formula.numbers) or compare(scenes, equations)
    except UnreadableError as error:
        return None if formula.not_run else f"cannot be read: {error}{ADVICE}"
    except ERRORS as error:
        return None if formula.not_run else f"cannot be run: {error}{ADVICE}"
    if formula.not_run:
        return f"has the comment `not run`, but it can be run, and {fault or 'holds'}"
    return fault


def find_scenes(
    run: Run, left_sides: dict[Node, Equation], numbers: tuple[str, ...]
) -> Iterator[Scene]:
    """Find the calls that ran a line `# eq. n`; those of one loop over time belong together."""
    for _, node in (it for it in numbered_statements(run.path) if it[0] in numbers):
        lines = set(range(node.lineno, node.end_lineno + 1))
        homes = [it for it in run.calls if it.code.co_filename == run.path and it.lines & lines]
        homes = [it for it in homes if it.step] or homes
        for calls in together(homes):
            yield Scene(run, calls, assigned(node), left_sides)


@cache
def numbered_statements(path: str) -> list[tuple[str, ast.stmt]]:
    """Find the statements with a comment `# eq. n`, with this number."""
    source = read(Path(path))
    statements = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    found = []
    for line, text in enumerate(source.split("\n"), start=1):
        if match := LINE.search(text):
            around = [node for node in statements if node.lineno <= line <= node.end_lineno]
            found.append((match[1], min(around, key=lambda node: node.end_lineno - node.lineno)))
    return found


def assigned(node: ast.stmt) -> str:
    """Name the variable that a statement assigns, or the first of them."""
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    while isinstance(target, ast.Subscript | ast.Tuple):
        target = target.value if isinstance(target, ast.Subscript) else target.elts[0]
    return getattr(target, "id", "")


def compare(scenes: list[Scene], equations: list[Equation]) -> str | None:
    """Compare both sides of each equation in each call that computes it, at each step."""
    if not scenes:
        raise UnresolvedError("no line that computes it is run by exercise()")
    for place in range(len(equations)):
        largest = 0.0
        for left, right, where in (it for scene in scenes for it in scene.sides(equations, place)):
            if difference := disagreement(left, right):
                return f"does not hold {where}: {difference}"
            largest = max(largest, np.max(np.abs(left), initial=0))
        if not largest > LEAST:
            return f"proves nothing: exercise() gives both sides values up to {largest:.1e}"
    return None


def disagreement(left: Any, right: Any) -> str | None:
    """Compare two values; a bare 0 on the right stands for an array of zeros.

    A row with one number for each example may be on the left of what has only these numbers.
    """
    left, right = np.asarray(left), np.asarray(right)
    if left.ndim == 2 and left.shape == (1, *right.shape):
        left = left[0]
    if left.shape != right.shape and not (right.shape == () and right == 0):
        return f"the left side is of shape {left.shape}, the right one of {right.shape}"
    kinds = [side.dtype for side in (left, right) if side.dtype.kind == "f"]
    precision = max((np.finfo(kind).eps for kind in kinds), default=0)
    size = max(np.abs(left).max(initial=0), np.abs(right).max(initial=0))
    apart = np.abs(left - right)
    if not apart.size or (np.isfinite(size) and apart.max() <= ROUNDING * precision * size):
        return None
    worst = np.unravel_index(np.argmax(apart), apart.shape)
    right = np.broadcast_to(right, left.shape)
    at = f" in element {tuple(map(int, worst))}" if worst else ""
    return f"left {left[worst]:.6g}, right {right[worst]:.6g}{at}, where they differ most"


def other_line(
    scenes: list[Scene], equations: list[Equation], numbers: tuple[str, ...]
) -> str | None:
    """Find a left side that is computed on another equation's line; refuse one of elsewhere."""
    for scene, equation in ((scene, it) for scene in scenes for it in equations):
        home = scene.calls[0].code
        lines = {line for _, _, line in home.co_lines()}
        if not (name := left_variable(scene, equation)):
            continue
        if scene.look(name)[0] > 0:
            raise UnresolvedError(f"`{name}` is no variable of {home.co_name}, where its line is")
        here = [
            number
            for number, node in numbered_statements(scene.run.path)
            if node.lineno in lines and assigned(node) == name
        ]
        if here and not set(here) & set(numbers):
            return f"is computed as `{name}`, on the line that says `# eq. {here[0]}`"
    return None


def left_variable(scene: Scene, equation: Equation) -> str:
    """Name the variable of a left side that is a symbol."""
    left = equation.left.base if isinstance(equation.left, Index) else equation.left
    scene.open, name = {"t": scene.steps[-1]}, ""
    with suppress(UnresolvedError):
        name = re.match(r"\w*", scene.variable(left))[0]
    scene.open = {}
    return name
