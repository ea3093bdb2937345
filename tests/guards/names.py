"""A name that stands as code in a sentence, a docstring or a comment is one that code here has.

    `lstm_step`, `LSTMState.c`, `draw()`   a function, variable, field or key of some file
    `state.c`                              a field of some state of a cell

The names of other libraries are told by the paragraph or table that says whose they are, as in:
PyTorch calls it `hidden_size`. Even there, what is almost a name of a snippet is taken for a slip.
"""

import ast
import difflib
import re
import sys
from pathlib import Path

import numpy as np

from tests.guards.files import text_files
from tests.guards.includes import parse, read
from tests.guards.markdown import pages
from tests.guards.paths import OURS, PATH
from tests.guards.said import PLACES, Said, said
from tests.guards.symbols import code_names

OTHERS = re.compile(
    r"\b(d2l|PyTorch|Keras|TensorFlow|Flax|JAX|ONNX|NumPy|Matplotlib|Jupyter|pytest|MkDocs|mutmut|uv)\b"
    r"|\| elsewhere \||(torch|keras|flax|onnx|jax|\bnp|\bnn)\.|https?://"
    r"|\b(package|library|program)\b"
)
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|<[^>]*>")
BACKTICKS = re.compile(r"`([^`]+)`")
NAME = re.compile(r"(?<![\w/$-])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(\(?)(?![\w/-])")
WORD = re.compile(r"\w+")
NO_CODE = re.compile(r"\"\"\"[\s\S]*?\"\"\"|#.*")  # docstrings and comments
SYMBOL = re.compile(r"[A-Za-z]{1,2}_\w{1,2}")
STANDS_FOR_OTHERS = re.compile("CELL|NAME")
SETTINGS = "Makefile", "pyproject.toml"
FILES = ".txt", ".npz", ".npy", ".csv", ".json", ".gz", ".html", ".wav", ".zip"
VARIABLES = "params", "state", "values", "tape"  # hold an LSTMParams, LSTMState ...
PLANTS = "tests/test_guards", "tests/test_said", "tests/guards"  # have names of nothing
NEAR = 0.9  # share of letters that two names have in common


def check(root: Path) -> list[str]:
    """Look for each name that is said among those that code has."""
    known, fields = known_names(root), fields_of(root)
    ours = sorted(own_names(root))
    faults = []
    for name, piece in said(root):
        for found in sorted(names_in(piece)):
            if fault := name_fault(found, piece, known, fields, ours):
                faults.append(f"{name}:{piece.line}: {fault}")
    return list(dict.fromkeys(faults))


def names_in(piece: Said) -> set[str]:
    """List the names that a piece says: chains such as `state.c`, calls, words with underscores."""
    texts = [piece.text] if piece.is_code else [piece.text, *BACKTICKS.findall(piece.text)]
    found = set()
    for text in [] if piece.in_block else texts:
        is_code = piece.is_code or text is not piece.text
        if is_code or "_" in text:
            for name, call in NAME.findall(QUOTED.sub('""', without_paths(text))):
                alone = is_code and (call or "." in name or name == text)
                is_symbol = not is_code and SYMBOL.fullmatch(name)
                if (alone or "_" in name.strip("_")) and not is_symbol:
                    found.add(name)
    return {name for name in found if name[0] != "_" and not STANDS_FOR_OTHERS.search(name)}


def without_paths(text: str) -> str:
    """Leave out what tests/guards/paths.py looks at, and files of readers and of packages."""
    files = (*OURS, *FILES)
    return PATH.sub(lambda it: "" if "/" in it[1] or it[1].endswith(files) else it[0], text)


def name_fault(
    name: str, piece: Said, known: set[str], fields: dict[str, set[str]], ours: list[str]
) -> str | None:
    """Say that no code has a name, or one of its parts."""
    first, *rest = name.split(".")
    has = fields.get(first, fields.get(first.split("_")[0]))
    if rest and has and rest[0] not in has and rest[0][0] != "_":
        return f"`{first}` has no `{rest[0]}`"
    if rest and first in ("np", "numpy"):
        return None if in_numpy(rest) else f"NumPy has no `{'.'.join(rest)}`"
    if rest and first in sys.stdlib_module_names:
        return None
    unknown = [it for it in [first, *rest] if it not in known and it.removeprefix("d") not in known]
    if not unknown:
        return None
    near = difflib.get_close_matches(unknown[0], ours, n=1, cutoff=NEAR)
    meant = f": is `{near[0]}` meant?" if near else ""
    if OTHERS.search(piece.around) and not near:
        return None
    whose = "" if near else " (if it is another library's, let the paragraph say whose)"
    return f"no code here has the name `{unknown[0]}`{meant}{whose}"


def in_numpy(parts: list[str]) -> bool:
    """Tell whether NumPy has what a chain such as `np.random.default_rng` names."""
    found = np
    for part in parts:
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True


def known_names(root: Path) -> set[str]:
    """List the names in all code, in the blocks of pages, in notation and of files."""
    found = code_names(root)
    for name, text in text_files(root):
        found.add(Path(name).stem)
        if name.endswith(".py") and not name.startswith((*PLACES, *PLANTS)):
            found |= set(WORD.findall(NO_CODE.sub("", text)))
        elif name in SETTINGS:
            found |= set(WORD.findall(text))
    for page in pages(root):
        for fence in page.fences:
            found |= set(WORD.findall(fence.text))
    return found


def own_names(root: Path) -> set[str]:
    """List the functions and classes of snippets and experiments."""
    folders = root / "snippets", root / "docs/experiments"
    trees = [parse(read(path)) for folder in folders for path in folder.glob("[a-z]*.py")]
    defined = ast.FunctionDef | ast.ClassDef
    return {it.name for tree in trees for it in tree.body if isinstance(it, defined)}


def fields_of(root: Path) -> dict[str, set[str]]:
    """List what each class of the snippets has: fields, methods, what it assigns to itself."""
    found = {}
    for path in (root / "snippets").glob("[a-z]*.py"):
        for cls in parse(read(path)).body:
            if isinstance(cls, ast.ClassDef):
                names = {getattr(it, "name", None) for it in cls.body}
                names |= {it.target.id for it in cls.body if isinstance(it, ast.AnnAssign)}
                names |= {it.attr for it in ast.walk(cls) if isinstance(it, ast.Attribute)}
                found[cls.name] = names
                for kind in VARIABLES:
                    if cls.name.endswith(kind.title()):
                        found.setdefault(kind, set()).update(names)
    return found
