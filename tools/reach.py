"""Finds the code that a function of an experiment can reach, and with it all that can change it.

A `Reach` starts from some names of an experiment. It follows each name that their code uses, to
functions, classes and constants of the experiment, and on into the snippets and tools that these
are imported from. What it finds is hashed definition by definition. For example:

    docs/experiments/dates.py              snippets/sampling.py
        from snippets.sampling import          def shares(z): ...
            draw, greedy                       def greedy(z): return int(z.argmax())
        LONGEST = 9                            def draw(z, rng): ... shares(z) ...
        def answer(z): return greedy(z)

Here `answer` reaches itself, the import of `greedy` and `greedy`. If another function is added to
sampling.py, or `draw` is changed, then nothing that `answer` reaches has changed.

Comments, docstrings and layout do not count. Three more rules say what does:

- Where the code does not tell what it reaches, all that is possible counts. This holds for a module
  that is used as a value, as in `getattr(lstm, name)`, for `import *`, and for code that finds
  names by their text, such as `eval` and `import_module`.
- What a snippet or tool runs when it is imported, besides defining names, counts for everyone who
  imports it: `np.seterr(all="raise")`, or a function with a decorator of this repository.
- A table of an experiment is a constant such as `CELLS = {"RNN": ..., "LSTM": ...}`. If it is only
  ever indexed, as in `CELLS[name]`, then a part counts only the rows whose keys it can know: they
  are among its arguments, or they are constants in the code of the experiment that it reaches. So
  an added row changes no other part. tools/results.py runs the part without the other rows: a row
  that was overlooked here raises an error there and cannot change a number.
"""

import ast
import copy
import functools
import hashlib
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import Any, NamedTuple

DATA = "docs/experiments/data"
READS = {"EXCERPTS", "read_excerpt"}  # by what code names an excerpt
ANY = "*"  # all that a module defines
ROWS = "__rows__"  # makes a table of some of its rows
BY_TEXT = {
    *("eval", "exec", "globals", "locals", "vars", "__import__", "__dict__"),
    *("importlib", "import_module", "modules", "runpy", "pickle"),
}
Target = tuple[str, tuple[str, ...]]  # a module and the names that lead on from it


class Piece(NamedTuple):
    """A definition, or a row of a table: the hash of its code, and what it uses."""

    sha: str
    uses: frozenset[str]  # of its file: "greedy", "lstm.lstm_step", "CELLS[]" for a row of CELLS
    words: frozenset[str]  # all names in it
    constants: frozenset[Any]
    imports: frozenset[Target]  # its own: an import within a function
    calls: frozenset[str]  # what may be called when it is defined, such as a decorator

    def __or__(self, other: "Piece") -> "Piece":
        """Join two definitions of one name."""
        joined = (mine | its for mine, its in zip(self[1:], other[1:], strict=True))
        return Piece(digest(self.sha + other.sha), *joined)


class Source:
    """A file of code, taken to pieces."""

    def __init__(self, tree: ast.Module, is_experiment: bool):
        self.pieces: dict[str, Piece] = {}
        self.rows: dict[str, dict[Any, Piece]] = {}  # of tables
        self.targets: dict[str, Target] = {}  # what imported names stand for
        self.imports: set[str] = set()  # modules
        self.effects: list[Piece] = []  # what the import of the file runs besides
        defined = [it for node in tree.body for it in definitions(node, is_experiment)]
        names = [name for name, _ in defined]
        for name, node in defined:
            new = piece(names, node)
            self.pieces[name] = self.pieces[name] | new if name in self.pieces else new
            if isinstance(node, ast.Import | ast.ImportFrom):
                ((_, self.targets[name]),) = targets(node)
                self.imports |= set(modules(node))
            elif is_experiment and is_table(node) and names.count(name) == 1:
                pairs = zip(node.value.keys, node.value.values, strict=True)
                self.rows[name] = {
                    ast.literal_eval(key): piece(names, key, it) for key, it in pairs
                }
        for node in tree.body:
            if not is_experiment and not [*definitions(node, False)] and not does_nothing(node):
                self.effects.append(piece(names, node))
        self.calling = {name: it.calls for name, it in self.pieces.items() if it.calls}


class Book:
    """The code and data of a repository, each file read once."""

    def __init__(self, root: Path):
        self.root = root
        excerpts = {path.name: path.read_bytes() for path in (root / DATA).glob("*")}
        self.data = {name: hashlib.sha256(it).hexdigest() for name, it in excerpts.items()}
        self.source = functools.cache(self._source)
        self.file = functools.cache(self._file)
        self.folder = functools.cache(self._folder)

    def _source(self, path: str) -> Source:
        """Take a file to pieces: "snippets/lstm.py"."""
        return source_of((self.root / path).read_bytes(), path)

    def _file(self, module: str) -> str | None:
        """Find the file of a module: "snippets/lstm.py" is that of "snippets.lstm"."""
        stem = module.replace(".", "/")
        paths = [f"{stem}.py", f"{stem}/__init__.py"]
        return next((path for path in paths if (self.root / path).is_file()), None)

    def _folder(self, module: str) -> list[str]:
        """List the files of a folder of modules, such as "snippets"."""
        folder = self.root / module.replace(".", "/")
        return [path.relative_to(self.root).as_posix() for path in sorted(folder.glob("*.py"))]

    def named(self, value: Any) -> list[str]:
        """List the excerpts that a text names: "data/sunspots.csv" names sunspots.csv."""
        return [name for name in self.data if name in value] if isinstance(value, str) else []

    def is_ours(self, module: str) -> bool:
        """Tell whether a module is of this repository."""
        return bool(self.file(module) or self.folder(module))


class Reach:
    """What some names of an experiment reach: `found` says where it is, with its hash.

    `known` are the keys that the arguments of a part give: they tell which rows of tables it needs.
    Where they are None, all rows count.
    """

    def __init__(self, book: Book, path: str, names: Iterable[str], known: Set[Any] | None = None):
        self.book, self.path = book, path
        self.found: dict[str, str] = {}  # "snippets/lstm.py: lstm_step"
        self.kept: dict[str, set | None] = {}  # names of the experiment; the rows if not all
        self.splits, self.known = known is not None, set(known or ())
        self._imported: set[str] = set()
        self._read(self.known, False)
        for name in names:
            if name in book.source(path).pieces:
                self._use(path, name)
        self._add_rows()
        for name, rows in self.kept.items():
            if rows is None:  # found whole after some of its rows had been
                row = f"{path}: {name}["
                self.found = {it: sha for it, sha in self.found.items() if row not in it}

    def _add_rows(self) -> None:
        """Add the rows whose keys are known, and those whose keys are known by these, and so on."""
        source, count = self.book.source(self.path), -1
        while count < len(self.found):
            count = len(self.found)
            for name, rows in [it for it in self.kept.items() if it[1] is not None]:
                for key, row in source.rows[name].items():
                    if self.known.issuperset(atoms(key)):
                        rows.add(key)
                        self._add(self.path, f"{name}[{key!r}]", row)

    def _add(self, path: str, name: str, piece: Piece) -> None:
        """Add a definition, and follow what it uses."""
        if f"{path}: {name}" in self.found:
            return
        self.found[f"{path}: {name}"] = piece.sha
        if path == self.path:
            self.known |= piece.constants
        self._read(piece.constants, piece.words & READS and name not in READS)
        for module, names in sorted(piece.imports):
            self._follow(module, names)
        for use in sorted(piece.uses):
            self._use(path, use)
        if piece.words & BY_TEXT:
            for file in [path, *self.book.folder("snippets"), *self.book.folder("tools")]:
                self._add_all(file)

    def _use(self, path: str, use: str) -> None:
        """Follow a name as it is written in a file: `double`, `lstm.lstm_step`, `CELLS[]`."""
        source = self.book.source(path)
        name, *rest = use.removesuffix("[]").split(".")
        if use.endswith("[]") and self.splits and path == self.path and name in source.rows:
            self.kept.setdefault(name, set())
            return
        if path == self.path:
            self.kept[name] = None
        self._add(path, name, source.pieces[name])
        if name in source.targets:
            module, names = source.targets[name]
            self._follow(module, (*names, *rest))

    def _follow(self, module: str, names: tuple[str, ...]) -> None:
        """Follow names into a module: the last one that a file stands for, and one in that file."""
        while names and self.book.is_ours(f"{module}.{names[0]}"):
            module, names = f"{module}.{names[0]}", names[1:]
        path = self.book.file(module)
        if path:
            self._import(module)
        if path and names and names[0] in self.book.source(path).pieces:
            self._use(path, ".".join(names))
        elif self.book.is_ours(module):
            for file in [path] if path and names else {path, *self.book.folder(module)} - {None}:
                self._add_all(file)

    def _add_all(self, path: str) -> None:
        """Add all that a file defines and runs."""
        source = self.book.source(path)
        for name in source.pieces:
            self._use(path, name)
        self._import(path.removesuffix(".py").replace("/", "."))

    def _import(self, module: str) -> None:
        """Add what runs when a module is imported, with its packages and what it imports."""
        path = self.book.file(module)
        if path is None or path in self._imported or path == self.path:
            return
        self._imported.add(path)
        source = self.book.source(path)
        for effect in source.effects:
            self._add(path, f"import {effect.sha[:8]}", effect)
        for name, calls in source.calling.items():
            if any(self._is_ours(source, call) for call in calls):
                self._use(path, name)
        parents = {module.rsplit(".", n)[0] for n in range(1, module.count(".") + 1)}
        for other in sorted(source.imports | parents):
            self._import(other)

    def _is_ours(self, source: Source, name: str) -> bool:
        """Tell whether a name stands for something of this repository."""
        module, _ = source.targets.get(name, ("", ()))
        return self.book.is_ours(module) if module else name in source.pieces

    def _read(self, constants: Iterable[Any], is_any: bool) -> None:
        """Add the excerpts that some texts name, or all if there is one whose name is not told."""
        named = {name for it in constants for name in self.book.named(it)}
        for name in named or (self.book.data if is_any else ()):
            self.found[f"{DATA}/{name}"] = self.book.data[name]


class Uses(ast.NodeVisitor):
    """Lists what a piece of code uses.

    From `lstm.lstm_step(CELLS[name], 2)` come the uses `lstm.lstm_step`, `CELLS[]` and `name`, and
    the constant 2.
    """

    def __init__(self):
        self.uses, self.constants, self.imports = set(), set(), set()

    def visit_Name(self, node):
        """Note a name."""
        self.uses.add(node.id)

    def visit_Attribute(self, node):
        """Note `lstm.lstm_step` whole, and not `lstm`: all of a module counts where it is alone."""
        if (use := dotted(node)) and isinstance(node.ctx, ast.Load):
            self.uses.add(use)
        else:
            self.generic_visit(node)

    def visit_Subscript(self, node):
        """Note a row of a table, or of tables joined as in `(CELLS | MORE)[name]`."""
        names, simple = [], ast.Name | ast.Attribute | ast.Constant | ast.Subscript
        index = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if isinstance(node.ctx, ast.Load) and all(isinstance(it, simple) for it in index):
            names = joined(node.value)
        if names:
            self.uses |= {f"{name}[]" for name in names}
            self.visit(node.slice)
        else:
            self.generic_visit(node)

    def visit_Constant(self, node):
        """Note a number or a text."""
        self.constants.add(node.value)

    def visit_Expr(self, node):
        """Pass over docstrings."""
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Import(self, node):
        """Note all of the modules that are imported."""
        self.imports |= {(alias.name, ()) for alias in node.names}

    def visit_ImportFrom(self, node):
        """Note what is imported from a module."""
        self.imports |= {target for _, target in targets(node)}


def definitions(node: ast.stmt, is_experiment: bool) -> Iterator[tuple[str, ast.stmt]]:
    """List what a statement defines: each name, with the statement or the import of that name.

    Of an experiment these are imports, functions, classes and constants in capitals, since its full
    run executes nothing else.
    """
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            one = copy.copy(node)
            one.names = [alias]
            if alias.name != ANY:
                yield (alias.asname or alias.name).split(".")[0], one
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name, node
    elif isinstance(node, ast.Assign) or (isinstance(node, ast.AnnAssign) and not is_experiment):
        given = node.targets if isinstance(node, ast.Assign) else [node.target]
        parts = [part for target in given for part in ast.walk(target)]
        names = [part.id for part in parts if isinstance(part, ast.Name)]
        in_parts = any(isinstance(part, ast.Attribute | ast.Subscript) for part in parts)
        if not in_parts and (not is_experiment or all(name.isupper() for name in names)):
            yield from ((name, node) for name in names)


def does_nothing(node: ast.stmt) -> bool:
    """Tell whether the import of a file runs nothing here: a docstring, or what a script runs."""
    is_script = isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return (is_script and not node.orelse) or is_text or isinstance(node, ast.Pass)


def is_table(node: ast.stmt) -> bool:
    """Tell whether a statement is a table: `NAME = {key: ...}` with keys that are written out."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Dict):
        return False
    parts = [part for key in node.value.keys if key for part in ast.walk(key)]
    is_fixed = all(isinstance(part, ast.Constant | ast.Tuple | ast.Load) for part in parts)
    return len(node.targets) == 1 and is_fixed and None not in node.value.keys  # a key of `**more`


def targets(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Target]]:
    """Say what each name of an import stands for.

    After `import snippets.lstm` the name `snippets` stands for that package, after `import
    snippets.lstm as l` or `from snippets import lstm as l` the name `l` stands for the module.
    """
    for alias in node.names:
        first, *_ = alias.name.split(".")
        if isinstance(node, ast.ImportFrom):
            names = () if alias.name == ANY else (alias.name,)
            yield alias.asname or alias.name, (node.module or "", names)
        elif alias.asname:
            yield alias.asname, (alias.name, ())
        else:
            yield first, (first, ())


def modules(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Name what a statement imports: what it takes from a module may be a module, too."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield alias.name
        else:
            yield node.module or ""
            yield f"{node.module}.{alias.name}"


def piece(names: list[str], *nodes: ast.AST) -> Piece:
    """Hash some code, and list what it uses of the names that its file defines."""
    visitor, calls = Uses(), set()
    for node in nodes:
        if not isinstance(node, ast.Import | ast.ImportFrom) or ANY in [a.name for a in node.names]:
            visitor.visit(node)
        calls |= set(called(node))
    words = {use: use.removesuffix("[]").split(".") for use in visitor.uses}
    uses = {use for use, (first, *_) in words.items() if first in names}
    words = {word for parts in words.values() for word in parts}
    found = (uses, words, visitor.constants, visitor.imports, calls)
    return Piece(digest(repr(_plain(list(nodes)))), *map(frozenset, found))


def called(node: ast.AST) -> Iterator[str]:
    """Name what may be called when something is defined: decorators, base classes, calls.

    From `@register("rnn")` comes `register`, and from `ROOT = find(START)` come `find` and `START`,
    which may be a function, too. What `partial` is given is called later.
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        run = node.decorator_list
        inside = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    elif isinstance(node, ast.ClassDef):
        run = [*node.decorator_list, *node.bases, *(it.value for it in node.keywords)]
        inside = node.body
    elif isinstance(node, ast.Call):
        is_later = (dotted(node.func) or "").split(".")[-1] == "partial"
        run = [node.func] if is_later else [node]
        inside = [*node.args, *(it.value for it in node.keywords)]
    else:
        run = []
        inside = [] if isinstance(node, ast.Lambda) else list(ast.iter_child_nodes(node))
    for part in run:
        yield from (it.id for it in ast.walk(part) if isinstance(it, ast.Name))
    for part in inside:
        yield from called(part)


def dotted(node: ast.expr) -> str | None:
    """Write `a.b.c` as it stands, if it begins with a name."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return before and f"{before}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else None


def joined(node: ast.expr) -> list[str]:
    """Name the tables in `CELLS`, or in `CELLS | MORE`; none if it is something else."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        left, right = joined(node.left), joined(node.right)
        return left + right if left and right else []
    return [node.id] if isinstance(node, ast.Name) else []


def atoms(value: Any) -> Iterator[Any]:
    """List the numbers and texts in nested lists, tuples and dictionaries."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple):
        for item in value:
            yield from atoms(item)
    else:
        yield value


def only(tree: ast.Module, kept: dict[str, set | None]) -> ast.Module:
    """Keep some definitions of an experiment, and of tables only some rows."""
    body = []
    for node in tree.body:
        for name, definition in definitions(node, True):
            if name in kept and definition not in body:
                body.append(with_rows(definition, kept[name]))
    return ast.Module(body, [])


def with_rows(node: ast.stmt, keys: set | None) -> ast.stmt:
    """Keep some rows of a table, or all."""
    if keys is None:
        return node
    table, value = copy.copy(node), node.value
    pairs = zip(value.keys, value.values, strict=True)
    rows = {key: row for key, row in pairs if ast.literal_eval(key) in keys}
    call = ast.Call(ast.Name(ROWS, ast.Load()), [ast.Dict([*rows], [*rows.values()])], [])
    table.value = ast.fix_missing_locations(ast.copy_location(call, value))
    return table


def imported(tree: ast.AST, root: Path) -> set[Path]:
    """Find the files of this repository that some code imports, and that these import."""
    book, found, new = Book(root), set(), {tree}
    while new:
        imports = (ast.Import, ast.ImportFrom)
        nodes = [node for it in new for node in ast.walk(it) if isinstance(node, imports)]
        paths = {book.file(module) for node in nodes for module in modules(node)} - {None}
        new = {parse((root / path).read_bytes(), path) for path in paths - found}
        found |= paths
    return {root / path for path in found}


def digest(text: str) -> str:
    """Hash a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def code_hash(code: bytes, path: str) -> str:
    """Hash the code of a file, without comments and docstrings."""
    return digest(repr(_plain(parse(code, path))))


@functools.cache
def source_of(code: bytes, path: str) -> Source:
    """Take the code of a file to pieces."""
    return Source(parse(code, path), path.startswith("docs/experiments/"))


@functools.cache  # experiments share most of what they import
def parse(code: bytes, path: str) -> ast.Module:
    """Parse a file, and write an import such as `from .lstm import lstm_step` in full."""
    tree = ast.parse(code, path)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            packages = path.split("/")[: -node.level]
            node.module, node.level = ".".join([*packages, node.module or ""]).strip("."), 0
    return tree


def _plain(node: Any) -> Any:
    """Turn a syntax tree into nested tuples that are the same on every Python from 3.12 on.

    `x + 1` becomes ("BinOp", ("left", ("Name", ...)), ("op", ("Add",)), ...). `ast.dump` and
    `ast.unparse` do not serve: they print one tree differently from version to version.
    """
    if isinstance(node, list):
        return tuple(_plain(item) for item in node)
    if not isinstance(node, ast.AST):
        return node
    fields = {field: getattr(node, field, None) for field in node._fields}
    if isinstance(node, ast.JoinedStr):  # 3.12 has empty strings here that 3.13 lacks
        fields["values"] = [part for part in node.values if getattr(part, "value", None) != ""]
    has_docstring = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    if isinstance(node, has_docstring) and ast.get_docstring(node, clean=False) is not None:
        fields["body"] = node.body[1:]
    kept = ((name, _plain(value)) for name, value in fields.items() if value not in (None, []))
    return (type(node).__name__, *kept)
