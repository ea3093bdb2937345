"""A test can fail: it compares something, it is run to its end, and nothing hides what it finds.

    def test_double():
        return                          expected a test that is run to its end, got `return`
        double(1)                       expected something that can fail, such as an `assert`
        assert double(1) or True        expected a comparison, got what is always true
        rng = default_rng()             expected a seed, as in `default_rng(1)`

A helper counts as a comparison if it has one itself. A test may be left out on a machine that lacks
what it needs, and EXCUSES lists what that may be.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import chain, pairwise
from pathlib import Path

from tests.guards.includes import parse, read

Found = Iterator[tuple[int, str]]
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
CHECKS = re.compile(r"raises|warns|fail|assert_\w+|wait_for_\w+")  # of pytest, NumPy, Playwright
SKIPS = {"skip", "skipif", "xfail", "importorskip", "exit"}
EXCUSES = {  # the condition under which a test may be left out, and what the machine lacks then
    "chromium() is None": "a browser, which REQUIRE_BROWSER=1 asks for",
    "missing": "a package that `make data` fetches",
    "said.read_text(encoding='utf-8')": "a site: another test says why it does not build",
    "os.name == 'nt'": "arguments that are bytes",
    "not hasattr(os, 'mkfifo')": "named pipes",
    "not hasattr(os, 'fork')": "a way to copy or to limit a process",
    "not sys.platform.startswith('linux')": "memory that is counted as Linux does",
    "np.finfo(np.longdouble).eps > 2.0 ** (-60)": "a long double that is finer than a double",
    "np.finfo(np.longdouble).max == np.finfo(np.float64).max": "a long double with a wider range",
}
CLOCKS = {"monotonic", "perf_counter", "process_time", "thread_time", "timeit"}
HIDING = {"AssertionError", "BaseException", "Exception"}
ENDS = ast.Return | ast.Raise | ast.Continue | ast.Break
NOTHING = "[]", "()", "{}", "''", "range(0)", "set()"


def check(root: Path) -> list[str]:
    """Look at all tests, at the guards, and at what both share."""
    paths = {it.relative_to(root).as_posix(): it for it in sorted((root / "tests").rglob("*.py"))}
    trees = {name: parse(read(path)) for name, path in paths.items()}
    comparing, used = comparing_functions(trees), Counter(chain(*map(names, trees.values())))
    faults = []
    for name, tree in trees.items():
        found = [*dead_faults(tree), *constant_faults(tree), *skip_faults(tree)]
        if Path(name).name.startswith("test_"):
            found += luck_faults(tree)
            found += unfound_faults(tree, used)
            for test in tests_of(tree):
                found += faults_of_test(test, known(name, trees, comparing))
        else:
            found += misplaced_faults(tree)
        faults += [f"{name}:{line}: {fault}" for line, fault in sorted(found)]
    return faults


def tests_of(tree: ast.Module) -> list[ast.FunctionDef]:
    """List the functions that pytest takes for tests."""
    return [it for it in tree.body if isinstance(it, FUNCTIONS) and it.name.startswith("test_")]


@cache
def nodes(tree: ast.AST) -> list[ast.AST]:
    """List all that a tree is made of, once: the rules below ask again and again."""
    return [*ast.walk(tree)]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (it for it in nodes(tree) if isinstance(it, FUNCTIONS))


def names(tree: ast.AST) -> Iterator[str]:
    """Name what is used: variables, attributes, arguments such as fixtures, and imports."""
    for node in nodes(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield node.name


def called(node: ast.AST) -> str:
    """Name what is called: `raises` for `pytest.raises(ValueError)`."""
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", ""))


# What compares something


def comparing_functions(trees: dict[str, ast.Module]) -> set[tuple[str, str]]:
    """List the functions that compare something, by file and name, directly or in another one."""
    each = {(name, it.name): it for name, tree in trees.items() for it in functions(tree)}
    found = {key for key, function in each.items() if compares(function, set())}
    waiting = {key: {*names(each[key])} for key in each.keys() - found}
    more = found
    while more:
        comparing = {name: known(name, trees, found) for name in trees}
        more = {key for key, used in waiting.items() if used & comparing[key[0]]} - found
        found |= more
    return found


def known(name: str, trees: dict, comparing: set[tuple[str, str]]) -> set[str]:
    """Give the names that functions which compare something have in one file."""
    own = {function for file, function in comparing if file == name}
    for node in trees[name].body:
        if isinstance(node, ast.ImportFrom) and node.module:
            file = f"{node.module.replace('.', '/')}.py"
            own |= {it.asname or it.name for it in node.names if (file, it.name) in comparing}
    return own


def compares(node: ast.AST, comparing: set[str]) -> bool:
    """Tell whether something in it can fail: an assert, a check of a library, or a helper's."""
    return any(
        isinstance(it, ast.Assert)
        or (isinstance(getattr(it, "func", None), ast.Attribute) and CHECKS.fullmatch(called(it)))
        or (isinstance(it, ast.Name) and it.id in comparing)
        or (isinstance(it, ast.keyword) and it.arg == "check" and ast.unparse(it.value) == "True")
        for it in nodes(node)
    )


def faults_of_test(test: ast.FunctionDef, comparing: set[str]) -> Found:
    """Say why a test cannot fail, or not always."""
    body = ast.Module(test.body, [])
    if not compares(body, comparing):
        yield test.lineno, f"expected something that can fail in {test.name}, such as an `assert`"
    for node in own(body):
        if isinstance(node, ast.Return):
            yield node.lineno, f"expected a test that is run to its end, got `{ast.unparse(node)}`"
        if isinstance(node, ast.Try) and compares(ast.Module(node.body, []), comparing):
            caught = [it.type for it in node.handlers if not raises(it)]
            yield from hidden_faults(node.lineno, caught)
        if isinstance(node, ast.With) and compares(ast.Module(node.body, []), comparing):
            for it in (item.context_expr for item in node.items):
                yield from hidden_faults(node.lineno, it.args if called(it) == "suppress" else [])
    for inner in functions(body):
        if inner.name.startswith("test_"):
            yield inner.lineno, f"expected {inner.name} at the beginning of a line, to be found"


def own(node: ast.AST) -> Iterator[ast.AST]:
    """Walk through what a function does, without the functions that it defines."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, FUNCTIONS | ast.Lambda | ast.ClassDef):
            yield child
            yield from own(child)


def raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(it, ast.Raise) or called(it) == "fail" for it in nodes(handler))


def hidden_faults(line: int, caught: list[ast.expr | None]) -> Found:
    """Say what is caught although a comparison raises it."""
    for it in caught:
        if it is None or HIDING & set(names(it)):
            what = ast.unparse(it) if it else "everything"
            yield line, f"expected a comparison whose failure is seen, but {what} is caught"


# What is never executed, or always the same


def dead_faults(tree: ast.Module) -> Found:
    """List code that follows a `return`, and names that are defined twice."""
    for node in nodes(tree):
        for block in (getattr(node, it, None) for it in ("body", "orelse", "finalbody")):
            for before, after in pairwise(block) if isinstance(block, list) else ():
                if isinstance(before, ENDS):
                    way = ast.unparse(before).split("\n")[0]
                    yield after.lineno, f"expected nothing behind `{way}`: it is never executed"
    defined = [it for it in tree.body if isinstance(it, FUNCTIONS)]
    last = {it.name: it.lineno for it in defined}
    for name, count in Counter(it.name for it in defined).items():
        if count > 1:
            yield last[name], f"expected one function {name}: this one replaces another"


def constant_faults(tree: ast.Module) -> Found:
    """List conditions that are always the same, and loops over nothing."""
    for node in nodes(tree):
        if isinstance(node, ast.Assert | ast.If | ast.IfExp | ast.While):
            forever = isinstance(node, ast.While) and ast.unparse(node.test) == "True"
            if not forever and is_constant(node.test):
                shown = ast.unparse(node.test)
                yield node.lineno, f"expected a comparison, got what is always the same: `{shown}`"
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Compare | ast.BoolOp):
            yield node.lineno, f"expected `assert {ast.unparse(node)}`: nothing looks at this"
        elif isinstance(node, ast.For | ast.comprehension) and ast.unparse(node.iter) in NOTHING:
            yield node.iter.lineno, "expected a loop over something"


def luck_faults(tree: ast.Module) -> Found:
    """List what fails on one day and not on another: numbers without a seed, and seconds."""
    for node in nodes(tree):
        if called(node) == "default_rng" and not (node.args or node.keywords):
            yield node.lineno, "expected a seed, as in `default_rng(1)`"
        if called(node) in CLOCKS:
            yield node.lineno, f"expected no `{called(node)}`: how long it takes proves nothing"


def is_constant(test: ast.expr) -> bool:
    """Tell whether a condition is the same whatever the code under test does."""
    if isinstance(test, ast.UnaryOp):
        return is_constant(test.operand)
    if isinstance(test, ast.BoolOp):
        return any(map(is_constant, test.values))
    if isinstance(test, ast.Compare):
        sides = [test.left, *test.comparators]
        alike = all(ast.dump(one) == ast.dump(other) for one, other in pairwise(sides))
        known = all(isinstance(it, ast.Constant) for it in sides)
        return known or (alike and not any(isinstance(it, ast.Call) for it in nodes(test)))
    if isinstance(test, ast.List | ast.Set | ast.Tuple):
        return True
    return isinstance(test, ast.Constant | ast.Dict | ast.JoinedStr | ast.Lambda | ast.GeneratorExp)


# What is left out


def skip_faults(tree: ast.Module) -> Found:
    """List tests that are left out though the machine lacks nothing, or that have no cases."""
    under, calls = conditions(tree), {}
    for node in nodes(tree):
        if isinstance(node, ast.Call):
            calls[node.func] = node
            cases = node.args[1:2] if called(node) == "parametrize" else []
            if cases and ast.unparse(cases[0]) in NOTHING:
                yield node.lineno, "expected cases, got none: the test is never run"
        if isinstance(node, ast.Name) and node.id in ("__test__", "collect_ignore_glob"):
            yield node.lineno, f"expected tests that are all found, got `{node.id}`"
    for node in nodes(tree):
        if isinstance(node, ast.Attribute) and node.attr in SKIPS and "pytest" in names(node):
            given = calls[node].args[:1] if node.attr == "skipif" and node in calls else []
            condition = ast.unparse(given[0]) if given else under.get(node, "always")
            if node.attr == "xfail" or condition not in EXCUSES:
                yield (
                    node.lineno,
                    f"expected a test that is never left out, got `{node.attr}` if `{condition}`: "
                    "EXCUSES in tests/guards/failing.py lists what a machine may lack",
                )


def conditions(tree: ast.Module) -> dict[ast.AST, str]:
    """Give the condition under which something is executed: the innermost one."""
    ifs = [node for node in nodes(tree) if isinstance(node, ast.If)]  # the outer ones first
    return {it: ast.unparse(node.test) for node in ifs for part in node.body for it in nodes(part)}


def unfound_faults(tree: ast.Module, used: Counter) -> Found:
    """List functions of a file of tests that neither pytest nor another function calls."""
    for it in tree.body:
        if isinstance(it, FUNCTIONS) and not it.name.startswith("test_"):
            found = re.search("fixture|hookimpl", " ".join(map(ast.unparse, it.decorator_list)))
            if not found and not used[it.name]:
                yield it.lineno, f"expected a name that begins with test_: nothing calls {it.name}"


def misplaced_faults(tree: ast.Module) -> Found:
    """List tests in a file where pytest does not look for any."""
    for it in tests_of(tree):
        yield it.lineno, f"expected {it.name} in a file whose name begins with test_"
