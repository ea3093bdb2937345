"""Runs the cells of an experiment, in a process of its own and in the folder that it is started in.

Reads a list of their texts from standard input, as JSON. Writes what each of them printed and drew,
as notebooks hold it, and the short ones of the values that are left at the end, for tests to read.
"""

import ast
import io
import json
import linecache
import sys
import traceback
from contextlib import redirect_stdout, suppress
from types import ModuleType
from typing import Any

SHORT = 10_000  # characters of JSON


def run(cells: list[str], go_on: bool) -> dict[str, Any]:
    """Run cells one after another, until one fails; those after it, too, if asked to go on."""
    page, outputs = ModuleType("__main__"), []
    sys.modules["__main__"] = page
    for number, code in enumerate(cells):
        outputs.append(run_cell(code, f"cell {number}", vars(page)))
        if not go_on and any(it["output_type"] == "error" for it in outputs[-1]):
            break
    return {"outputs": outputs, "measured": measured(vars(page))}


def run_cell(code: str, name: str, names: dict[str, Any]) -> list[dict]:
    """Run a cell; return what it printed, what its last line is, what it drew, how it failed."""
    linecache.cache[name] = len(code), None, code.splitlines(keepends=True), name
    printed, last, failed = io.StringIO(), None, []
    try:
        body = ast.parse(code, name).body
        shown = body.pop().value if body and isinstance(body[-1], ast.Expr) else None
        with redirect_stdout(printed):
            exec(compile(ast.Module(body, []), name, "exec"), names)
            if shown:
                last = eval(compile(ast.Expression(shown), name, "eval"), names)
    except Exception as error:
        lines = traceback.format_exception(error.with_traceback(error.__traceback__.tb_next))
        kind = {"ename": type(error).__name__, "evalue": str(error), "traceback": lines}
        failed = [{"output_type": "error", **kind}]
    text = printed.getvalue()
    stream = [{"output_type": "stream", "name": "stdout", "text": text}] if text else []
    result = [show("execute_result", "text/plain", repr(last))] if last is not None else []
    return [
        *stream,
        *result,
        *(show("display_data", "image/svg+xml", it) for it in drawn()),
        *failed,
    ]


def show(kind: str, mime: str, data: str) -> dict:
    """Make an output of a notebook."""
    number = {"execution_count": None} if kind == "execute_result" else {}
    return {"output_type": kind, "data": {mime: data}, "metadata": {}, **number}


def drawn() -> list[str]:
    """Write the plots that are open as SVG, and close them."""
    if "matplotlib.pyplot" not in sys.modules:
        return []
    plt, plots = sys.modules["matplotlib.pyplot"], []
    for number in plt.get_fignums():
        file, figure = io.StringIO(), plt.figure(number)
        figure.canvas.print_figure(file, format="svg", bbox_inches="tight", dpi=figure.dpi)
        plots.append(file.getvalue())
    plt.close("all")
    return plots


def measured(names: dict[str, Any]) -> dict[str, Any]:
    """Keep the values that JSON can hold, but no texts and no weights."""
    kept = {}
    for name, value in names.items():
        with suppress(AttributeError, TypeError, ValueError):
            text = json.dumps(value, default=lambda it: it.tolist())
            if len(text) < SHORT:
                kept[name] = json.loads(text)
    return kept


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin), go_on="--go-on" in sys.argv), sys.stdout)
