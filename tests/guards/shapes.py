"""The comments that give shapes, `# (n_a, m)`, agree with the arrays of a real run.

For example

    a_next = np.tanh(z)  # (n_a, m)

gives "snippets/rnn.py:88: `# (n_a, m)` says (4, 3) here, the array is (3, 4)" if a run finds it so.

tests/test_rnn.py gives the sizes (`SIZES`) and the run (`exercise`). `each (T, n_a, m)` speaks of
each array in a tuple or list. A field may also hold its arrays stacked over time, with a leading T.
"""

import ast
import importlib
import io
import re
import sys
import tokenize
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from tests.guards.process import ask

SHAPE = re.compile(r"#\s*(each\s+)?(\((?:[^()]|\([^()]*\))*\))")


@dataclass
class Comment:
    """A shape comment, its assignment or field, and what a run said of it."""

    line: int
    text: str
    each: bool
    shape: tuple[int, ...]
    node: ast.Assign | ast.AnnAssign | ast.AugAssign
    reached: bool = False
    fault: str | None = None

    @property
    def target(self) -> ast.expr:
        return self.node.targets[0] if isinstance(self.node, ast.Assign) else self.node.target

    def look_at(self, value: Any, in_front: tuple[int, ...] = ()) -> None:
        """Compare a value with the comment; it may be stacked, with another size in front."""
        for array in value if self.each and isinstance(value, tuple | list) else [value]:
            got = getattr(array, "shape", type(array).__name__)
            self.reached |= got == self.shape
            if got not in (self.shape, (*in_front, *self.shape)):
                self.fault = f"`{self.text}` says {self.shape} here, the array is {got}"


def check_snippet(root: Path, stem: str) -> list[str]:
    """Run what the test of a snippet calls `exercise`, and look at every line with a comment."""
    return ask(root, run_snippet, stem)


def run_snippet(stem: str) -> list[str]:
    """List the comments of a snippet that are wrong, misplaced or never reached."""
    test = importlib.import_module(f"tests.test_{stem}")
    snippet = importlib.import_module(f"snippets.{stem}")
    if alike := coincidences(test.SIZES):
        return [f"tests/test_{stem}.py: in SIZES {alike}: a swapped axis could hide"]
    source = Path(snippet.__file__).read_text(encoding="utf-8")
    comments, faults = read_comments(source, test.SIZES)
    fields = watch_fields(snippet, source, comments, test.SIZES)
    # traced here, it would blind the measurement of coverage, which is why it is in another process
    sys.settrace(Tracer(snippet.__file__, [c for c in comments if c.line not in fields]).enter)
    try:
        test.exercise()
    finally:
        sys.settrace(None)
    never = f"is never reached with these sizes by exercise() of tests/test_{stem}.py"
    faults |= {c.line: f"`{c.text}` {never}" for c in comments if not c.reached}
    faults |= {c.line: c.fault for c in comments if c.fault}
    return [f"snippets/{stem}.py:{line}: {fault}" for line, fault in sorted(faults.items())]


def coincidences(sizes: dict[str, int]) -> str:
    """Name sizes, or sums of two, that are alike."""
    sums = {f"{a} + {b}": sizes[a] + sizes[b] for a, b in combinations(sizes, 2)}
    named = ({"1": 1} | sizes | sums).items()
    return ", ".join(f"{a} = {b}" for (a, x), (b, y) in combinations(named, 2) if x == y)


def read_comments(source: str, sizes: dict[str, int]) -> tuple[list[Comment], dict[int, str]]:
    """Find the shape comments with what they describe, and those that cannot be read."""
    statements = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    comments, faults = [], {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        text, line = token.string, token.start[0]
        if token.type != tokenize.COMMENT or not re.match(r"#\s*(each\s*)?\(", text):
            continue
        around = [node for node in statements if node.lineno <= line <= node.end_lineno]
        node = min(around, key=lambda it: it.end_lineno - it.lineno, default=None)
        if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            faults[line] = f"`{text}` stands behind neither an assignment nor a field"
        elif (shape := evaluate(match := SHAPE.match(text), sizes)) is None:
            faults[line] = f"`{text}` is no tuple of the names in SIZES: {', '.join(sizes)}"
        else:
            comments.append(Comment(line, match[0][2:], bool(match[1]), shape, node))
    return comments, faults


def evaluate(match: re.Match | None, sizes: dict[str, int]) -> tuple[int, ...] | None:
    """Return the shape in numbers, or None if it is not written as one."""
    try:
        shape = eval(match[2], {}, dict(sizes)) if match else None
    except (SyntaxError, NameError, TypeError):
        return None
    return shape if isinstance(shape, tuple) else None


def watch_fields(
    snippet: ModuleType, source: str, comments: list[Comment], sizes: dict[str, int]
) -> set[int]:
    """Look at the fields of each NamedTuple when it is made; return the lines of the comments."""
    time = (sizes["T"],) if "T" in sizes else ()
    watched = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            fields = [c for c in comments if node.lineno <= c.line <= node.end_lineno]
            watched |= {c.line for c in fields}
            cls = getattr(snippet, node.name)
            cls.__new__ = looking(cls.__new__, fields, time)
    return watched


def looking(make: Any, fields: list[Comment], time: tuple[int, ...]) -> Any:
    """Wrap `__new__` of a NamedTuple."""

    def new(cls, *args, **kwargs):
        made = make(cls, *args, **kwargs)
        for comment in fields:
            value = getattr(made, comment.target.id)
            if value is not None:
                comment.look_at(value, time)
        return made

    return new


class Tracer:
    """Looks at an assigned value when the line after begins, or the function returns."""

    def __init__(self, file: str, comments: list[Comment]):
        self.file = file
        self.at = {
            line: c for c in comments for line in range(c.node.lineno, c.node.end_lineno + 1)
        }
        self.running: dict[FrameType, Comment | None] = {}

    def enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        return self.step if frame.f_code.co_filename == self.file else None

    def step(self, frame: FrameType, event: str, arg: Any) -> Any:
        before = self.running.pop(frame, None)
        now = self.at.get(frame.f_lineno) if event == "line" else None
        if before and before is not now and event != "exception":
            code = compile(ast.Expression(as_read(before.target)), self.file, "eval")
            before.look_at(eval(code, frame.f_globals, frame.f_locals))
        if now:
            self.running[frame] = now
        return self.step


def as_read(target: ast.expr) -> ast.expr:
    """Turn what is assigned to into what is read."""
    return ast.parse(ast.unparse(target), mode="eval").body
