"""Equations that run: the parser reads what is meant, and each fault on a page is caught."""

import re
import shutil
from pathlib import Path

import pytest

from overrides.hooks import equations as hook
from tests.guards import displayed, equations, running, stems
from tests.guards.latex import (
    Binary,
    Call,
    Equation,
    Gradient,
    Index,
    Name,
    Number,
    Over,
    Transpose,
    UnreadableError,
    free,
    read_equations,
    read_expression,
)
from tests.planted import copied

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]
t, x, y = Name("t"), Name("x"), Name("y")
before = Name("a", Binary("-", t, Number(1)))

READ = [
    ("x + y * x", Binary("+", x, Binary("*", y, x))),
    ("x - y - x", Binary("-", Binary("-", x, y), x)),
    ("x y * x", Binary("*", Binary(" ", x, y), x)),
    (r"\frac{x}{2} y", Binary(" ", Binary("/", x, Number(2)), y)),
    (r"x \Big/ \left( 1 + y \right)", Binary("/", x, Binary("+", Number(1), y))),
    (r"a^{\langle t-1 \rangle \top}", Transpose(before)),
    (r"\tilde c_{ux}", Name("\\tilde c_ux")),
    (r"z_{ij}^2", Binary("^", Index(Name("z"), ("i", "j")), Number(2))),
    (r"\tanh^2( x ) y", Binary(" ", Binary("^", Call("tanh", (x,)), Number(2)), y)),
    (r"\log x y", Call("log", (Binary(" ", x, y),))),
    (r"\sum_t x * y + x", Binary("+", Over("sum", ("t",), None, None, Binary("*", x, y)), x)),
    (r"\frac{\mathrm{d} L}{\mathrm{d} x}", Gradient(x, direct=False)),
    (r"\frac{\partial L}{\partial z_i}", Index(Gradient(Name("z"), direct=True), ("i",))),
    (r"g^{(j)}", Name("g", item="j")),
]


@pytest.mark.parametrize(("formula", "tree"), READ, ids=[formula for formula, _ in READ])
def test_a_formula_is_read_as_it_is_meant(formula, tree):
    assert read_expression(formula) == tree


def test_a_line_without_a_relation_goes_on_with_the_one_before():
    read = read_equations(r"\begin{aligned} x = {} & y \\ & + 1 \\ y &= x \end{aligned} \tag{3}")
    assert read == [Equation(x, "=", Binary("+", y, Number(1))), Equation(y, "=", x)]


def test_what_is_summed_over_is_no_longer_open():
    assert free(read_expression(r"\sum_j z_{ij} x^{\langle t \rangle}")) == {"i", "t"}


REFUSED = [
    (r"\# x", r"expected a number, a name or an opening bracket, got `\#` behind ``"),
    ("x = ( y", "expected `)`, got the end behind `x = ( y`"),
    (r"x \approx y", r"got `\approx` behind `x`"),
    ("x = y = x", "expected the end of the formula, got `=`"),
    (r"\tanh x", r"expected `(` behind `\tanh`, got `x`"),
    (
        r"a^{[l] \langle t \rangle}",
        r"expected the end of the formula, got `\langle` behind `[ l ]`",
    ),
]


@pytest.mark.parametrize(("formula", "message"), REFUSED, ids=[formula for formula, _ in REFUSED])
def test_the_token_that_cannot_be_read_is_named(formula, message):
    with pytest.raises(UnreadableError, match=re.escape(message)):
        read_equations(formula)


# Faults on pages --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """Give all pages, snippets and tests, which import one another."""
    return copied(tmp_path_factory.mktemp("whole"), "docs/*.md", "snippets/*.py", "tests/*.py")


@pytest.fixture
def book(whole, tmp_path):
    """Give a copy of them, to plant a fault in."""
    return shutil.copytree(whole, tmp_path, dirs_exist_ok=True)


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} has no {old}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


FAULTS = [
    # page, what is replaced, by what, what the message says
    ("lstm-gradient", r"1 - \tanh^2( c", r"1 + \tanh^2( c",
     "equation 8 does not hold in lstm_backward at t = 1"),
    ("lstm", "\\tilde c^{\\langle t \\rangle}\n\\tag{4}", "c^{\\langle t-1 \\rangle}\n\\tag{4}",
     "equation 4"),
    ("lstm", r"W_f [a", r"W_u [a", "equation 1 does not hold in _lstm_step at t = 1: left 0."),
    ("lstm-gradient", r"{t} \sum_{\text{examples}}", "{t}", "equation 16 does not hold"),
    ("lstm", r"\rangle} = \Gamma_o^", r"\rangle} = \Gamma_q^", "nothing in docs/notation.md"),
    ("lstm-gradient", r"\partial c^{\langle t-1 \rangle}", r"\partial a^{\langle t-1 \rangle}",
     "equation 14"),
    ("gru-gradient", r"U_c^{\top}", "U_c", "equation 5 does not hold"),
    ("gru", r"W_r x^", r"U_r x^", "equation 2 cannot be run: ` ` stands between shapes (7, 7)"),
    ("gru", r" + b_u)", r" \right)", "equation 1 does not hold"),
    ("gru-gradient", r"\tilde c^{\langle t \rangle} - a^{\langle t-1 \rangle}",
     r"a^{\langle t-1 \rangle} - \tilde c^{\langle t \rangle}", "equation 6 does not hold"),
    ("readout", r"} y_{ij}^", r"} y_{ji}^", "equation 3"),
    ("readout", r"t \le T_j", r"t \lt T_j", "equation 7"),
    ("optimizers", r"\theta - \eta \frac", r"\theta + \eta \frac", "equation 1 does not hold"),
    ("optimizers", r"\beta_1^s", r"\beta_1", "equation 3 does not hold in adam"),
    ("clipping", r"\frac{N}{\lVert g \rVert}", r"\frac{\lVert g \rVert}{N}",
     "equation 4 does not hold in clip_by_global_norm at j = 1"),
    ("delta", r"{ij}^{\langle t-1 \rangle} * k_j", r"{ij}^{\langle t \rangle} * k_j",
     "equation 4 does not hold in _delta_step at t = 1"),
    ("delta", r"\Gamma_f^{\langle t \rangle} * S_{ij}^{\langle t-1 \rangle} +",
     r"\Gamma_u^{\langle t \rangle} * S_{ij}^{\langle t-1 \rangle} +", "equation 5 does not hold"),
    ("delta", r"\tilde c^{\langle t \rangle} = W_c", r"\tilde c^{\langle t \rangle} = W_u",
     "the left side is of shape (7, 2), the right one of (1, 2)"),
    ("delta-gradient", r"\left( 1 - \Gamma_u^{\langle t \rangle} \right) *",
     r"\Gamma_u^{\langle t \rangle} *", "equation 12 does not hold"),
    ("peephole", r"+ b_c", r"\approx b_c", r"cannot be read: expected `)`, got `\approx`"),
    ("peephole", "\\tag{3}\n$$", "\\tag{3}\n$$\n<!-- not run: no -->",
     "but it can be run, and holds"),
    ("peephole", "\\tag{3}\n$$", "- 1 \\tag{3}\n$$\n<!-- not run: no -->",
     "but it can be run, and does not hold"),
]  # fmt: skip


@pytest.mark.parametrize(("page", "old", "new", "message"), FAULTS, ids=[it[2] for it in FAULTS])
def test_a_fault_in_an_equation_is_caught(book, page, old, new, message):
    edit(book / f"docs/{page}.md", old, new)
    fault = running.check_snippet(book, page.removesuffix("-gradient"))[0]
    assert fault.startswith(f"docs/{page}.md:")
    assert message in fault


def test_an_equation_that_cannot_be_run_may_say_so(book):
    edit(book / "docs/lstm.md", "\\tag{6}\n$$", "+ \\# \\tag{6}\n$$\n<!-- not run: a count -->")
    assert running.check_snippet(book, "lstm") == []


def test_values_that_prove_nothing_are_caught(book):
    edit(book / "tests/test_lstm.py", "np.random.default_rng(1).normal(size=a.shape)", "0 * a")
    faults = running.check_snippet(book, "lstm")
    assert len(faults) == 10
    assert all("proves nothing: exercise() gives both sides values up to 0" in it for it in faults)


def test_code_that_no_longer_computes_the_equation_is_caught(book):
    edit(book / "snippets/lstm.py", "gamma_f * c_prev + gamma_u", "gamma_f * c_prev - gamma_u")
    assert "equation 4 does not hold in _lstm_step" in running.check_snippet(book, "lstm")[0]


def test_comments_on_each_other_s_lines_are_caught(book):
    path = book / "snippets/window.py"
    text = path.read_text(encoding="utf-8")
    text = text.replace("eq. 3\n", "eq. 0\n").replace("eq. 4\n", "eq. 3\n")
    path.write_text(text.replace("eq. 0\n", "eq. 4\n"), encoding="utf-8")
    third, fourth = running.check_snippet(book, "window")
    assert "equation 3 is computed as `dz`, on the line that says `# eq. 4`" in third
    assert "equation 4 is computed as `dW_ae`, on the line that says `# eq. 3`" in fourth


# Equations without a number ----------------------------------------------------------------------

MIRROR = r"""# Mirror

$$
\sigma(-z) = 1 - \sigma(z) = \sigma(0) - \left( \sigma(z) - \frac{1}{2} \right)
$$
<!-- holds for: z = 0.7 -->

$$
\begin{aligned}
L &= - \sum_i y_i \Bigl( z_i - \log \sum_j \exp z_j \Bigr) \\
&= \log \sum_j \exp z_j - \sum_j y_j z_j
\end{aligned}
$$
<!-- holds for: z = np.array([0.7, 2]); y = np.array([0.4, 0.6]);
L = np.log(np.exp(z).sum()) - y @ z -->

$$
\frac{\mathrm{d} L}{\mathrm{d} z_i} = 3 z_i^2
$$
<!-- holds for: z = np.array([0.7, 2.0]);
\frac{\mathrm{d} L}{\mathrm{d} z} = slope(lambda z: (z**3).sum(), z) -->

$$
a^{\langle t \rangle} = c \, a^{\langle t-1 \rangle}
$$

$$
a^{\langle t \rangle} \approx 1
$$
<!-- not run: a limit -->
"""
NUMBERED = "$$\na^{\\langle t \\rangle} = c \\, a^{\\langle t-1 \\rangle} \\tag{1}\n$$\n"
WRONG = [
    ("= 1 - \\sigma(z) =", "= 1 + \\sigma(z) =", "3: the equation does not hold: left 0.3318"),
    ("\\frac{1}{2}", "\\frac{1}{3}", "3: the equation does not hold: left 0.3318"),
    ("z = 0.7 -->", "y = 0.7 -->", "3: the equation cannot be run: no value is given for `z`"),
    ("z = 0.7 -->", "z = 0.7 + -->", "3: the equation cannot be run: invalid syntax"),
    ("\\sigma(-z)", "\\sigma(-z", "3: the equation cannot be run: expected `)`, got the end"),
    ("<!-- holds for: z = 0.7 -->\n", "", "3: expected a comment behind it, `<!-- holds for: z ="),
    ("- \\sum_j y_j", "+ \\sum_j y_j", "8: the equation does not hold: left"),
    ("3 z_i^2", "2 z_i^2", "17: the equation does not hold: left 1.47, right 0.98"),
    ("= c \\,", "= 2 c \\,", "23: expected a comment behind it"),
    ("not run: a limit", "not run:", "27: expected a comment behind it"),
]


def laid_out(root, text):
    (root / "docs").mkdir(exist_ok=True)
    (root / "docs/mirror.md").write_text(text, encoding="utf-8")
    (root / "docs/other.md").write_text(NUMBERED, encoding="utf-8")
    return displayed.check(root)


def test_equations_without_a_number_that_hold_pass(tmp_path):
    assert laid_out(tmp_path, MIRROR) == []


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_a_fault_in_an_equation_without_a_number_is_caught(tmp_path, old, new, message):
    assert old in MIRROR
    (fault,) = laid_out(tmp_path, MIRROR.replace(old, new, 1))
    assert fault.startswith(f"docs/mirror.md:{message}")


# A page that continues the snippet of another ---------------------------------------------------


FIRST, SECOND = "docs/lstm.md", "docs/lstm-gradient.md"


def faults_of(book, guard):
    return [fault for fault in guard(book) if "lstm-gradient" in fault or "lstm.md" in fault]


def test_two_pages_share_a_snippet(book):
    numbers = [equations.numbers(page) for page in equations.pages_of(book, "lstm")]
    assert numbers == [[str(n) for n in range(1, 7)], [str(n) for n in range(7, 17)]]
    assert faults_of(book, equations.check) == faults_of(book, equations.check_names) == []
    assert faults_of(book, stems.check_whole_file) == []
    assert faults_of(book, stems.check) == []
    assert running.check_snippet(book, "lstm") == []


PARTED = [
    # guard, file, what is replaced, by what, what the message says
    (equations.check, SECOND, r"\tag{7}", r"\tag{1}", "docs/lstm.md and docs/lstm-gradient.md"),
    (equations.check, "snippets/lstm.py", "  # eq. 16", "", f"{SECOND}: no line shown here ends"),
    (equations.check, "snippets/lstm.py", "# eq. 16", "# eq. 17", "a line says `eq. 17`"),
    (equations.check, SECOND, "continues: lstm\n", "", f"{SECOND}: expected equations numbered 1"),
    (equations.check_names, "snippets/lstm.py", "dz_f = dc", "dzf = dc", "expected `dz_f = ...`"),
    (stems.check, SECOND, "continues: lstm\n", "", f"{SECOND}: expected snippets/lstm_gradient.py"),
    (stems.check, SECOND, "continues: lstm", "continues: lost", "there is no snippets/lost.py"),
    (lambda root: running.check_snippet(root, "lstm"), SECOND, "1 - \\tanh^2( c", "1 + \\tanh^2( c",
     "equation 8 does not hold"),
]  # fmt: skip


@pytest.mark.parametrize(("guard", "file", "old", "new", "message"), PARTED)
def test_a_fault_on_the_second_page_is_caught(book, guard, file, old, new, message):
    edit(book / file, old, new)
    assert message in "\n".join(guard(book))


def test_a_page_with_a_snippet_continues_no_other(book):
    (book / "snippets/lstm_gradient.py").write_text("")
    assert any("and continues that of another page" in it for it in stems.check(book))


EQUATION = '<div class="arithmatex">\\[ x \\tag{{{}}} \\]</div>'
LINE = '<span class="c1"># eq. {}</span>'


def test_equation_and_line_are_linked_across_the_two_pages():
    pages = {
        "lstm": "# LSTM\n\n$$\nx\n\\tag{1}\n$$\n",
        "lstm-gradient": "---\ntitle: Gradient\ncontinues: lstm\n---\n$$\nx\n\\tag{2}\n$$\n",
        "gru": "$$\nx\n\\tag{3}\n$$\n",
    }
    sources = [hook.Source(f"{it}.md", f"{it}.html", text) for it, text in pages.items()]

    def links(own, html):
        others = [it for it in sources if it is not own]
        return re.findall(r'href="(.*?)"', hook.linked(html, *hook.other_pages(own, others)))

    first, second, other = sources
    whole = LINE.format(1) + LINE.format(2) + LINE.format(3)
    assert links(first, EQUATION.format(1) + whole) == [
        "#line-1", "#eq-1", "lstm-gradient.html#eq-2"
    ]  # fmt: skip
    assert links(second, EQUATION.format(2)) == ["lstm.html#line-2"]
    assert links(second, EQUATION.format(2) + LINE.format(2)) == ["#line-2", "#eq-2"]
    assert links(other, EQUATION.format(3)) == []
