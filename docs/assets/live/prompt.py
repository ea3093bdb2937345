"""Run the blocks of a page in the browser as a Python prompt would, with names that they share."""

import ast
import io
import linecache
import sys
import traceback

import numpy as np

FOLDER = "/home/pyodide"  # of the snippets
LONGEST = 20_000  # characters that one block may print
CUT = "\n(The rest of this output is left out.)\n"
OPTIONS = np.get_printoptions()


class Page:
    """The names of a page.

    `show(text, line)` gets each output, and the last line of the statement that it comes from.
    """

    def __init__(self, show):
        self.show = show
        self.names = {"__name__": "__main__"}
        np.set_printoptions(**OPTIONS)
        np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")
        for name, module in [*sys.modules.items()]:
            if (getattr(module, "__file__", None) or "").startswith(FOLDER + "/"):
                del sys.modules[name]  # a snippet that has been edited is read again

    def run(self, code, name, go_on):
        """Run the statements of a block; tell whether it came to its end.

        It ends at an exception, except where it is to go on, as a prompt does.
        """
        return self.run_in(self.names, code, name, go_on)

    def answer(self, code, name, test):
        """Run an answer and its test, apart from the page's names; say what is wrong, if anything.

        If the answer raises an exception, that is shown, and nothing is said.
        """
        names = dict(self.names)
        if not self.run_in(names, code, name, go_on=False):
            return None
        try:
            exec(compile(test, "<test>", "exec"), names)
        except AssertionError as error:
            return str(error)
        except BaseException as error:
            return f"{type(error).__name__}: {error}"
        return ""

    def run_in(self, names, code, name, go_on):
        """Run the statements of a block with these names."""
        file = f"<{name}>"
        linecache.cache[file] = len(code), None, code.splitlines(keepends=True), file
        before = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = out = Output(self.show)
        try:
            statements = [compile_one(it, file) for it in ast.parse(code, file).body]
            for line, statement in statements:
                out.line = line
                try:
                    exec(statement, names)
                except BaseException as error:
                    out.write(format_error(error, file))
                    if not go_on:
                        return False
        except SyntaxError as error:
            out.line = error.lineno
            out.write(format_error(error, file))
            return False
        finally:
            sys.stdout, sys.stderr = before
        return True


def compile_one(statement, file):
    """Compile a statement as a prompt does, which shows the values of expressions."""
    return statement.end_lineno, compile(ast.Interactive([statement]), file, "single")


def format_error(error, file):
    """Write an exception with those of its frames that are the reader's or a snippet's."""
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename != file:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames))


class Output(io.TextIOBase):
    """What a block prints: shown at once, and cut where it gets long."""

    def __init__(self, show):
        self.show, self.line, self.left = show, 0, LONGEST

    def writable(self):
        """Say that one can write here."""
        return True

    def write(self, text):
        """Show a text, as far as there is room for it."""
        if text and self.left >= 0:
            shown = text[: self.left]
            self.left -= len(text)
            self.show(shown if self.left >= 0 else shown + CUT, self.line)
        return len(text)
