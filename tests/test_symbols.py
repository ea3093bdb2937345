"""Symbols in equations, figures and code are held together, and a note says what each one is."""

import json
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from overrides.hooks import mathematics, symbols
from overrides.hooks.symbols import Code, Sign, marks, read_sign
from tests.browser import DESKTOP, PHONE
from tests.conftest import ROOT
from tests.faults import assert_none, differences
from tests.guards.latex import Call, Gradient, Index, Name
from tests.guards.lookup import notation
from tests.guards.running import assigned, numbered_statements
from tests.page_faults import look
from tests.site_checks import parse
from tests.test_cells import find_cells

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

GAMMA_F = r"\Gamma_f^{\langle t \rangle}"
NO_LETTER = {("norm",)}  # it is a pair of bars
# Symbols of equations that have no row in the tables of the notation, and why.
NO_ROW = {
    ("delta-gradient", "L"): "of a derivative that is more than a symbol",
    ("lstm-gradient", "L"): "the same",
    ("peephole", "L"): "the same",
    ("slstm-gradient", "L"): "the same",
    ("ssm-gradient", "L"): "the same",
    ("initialisation", "r"): "a number that the next formula says; elsewhere it is momentum",
    ("readout", "t"): "a step; the code has slices instead of a variable",
    ("text", "t"): "the same",
    ("text", "i"): "an index; the code has slices instead of a variable",
    ("scan", "f_1"): "one of two steps that are joined",
    ("scan", "f_2"): "the same",
    ("scan", "s_1"): "the same",
    ("scan", "s_2"): "the same",
    ("slstm", r"n^{\langle t \rangle}"): "the code has only its logarithm",
    ("slstm", r"n^{\langle t-1 \rangle}"): "the same",
    ("slstm", r"S^{\langle t \rangle}"): "a sum that the code never computes",
    ("slstm", r"e^{z_u^{\langle t \rangle}}"): "the exponential function",
}
WEIGHTS_TOGETHER = re.compile("d[A-Zb](?=_)")
CELLS = {cell.id.replace("_", "-") for cell in find_cells()}
# Equations of cells whose line assigns something that is not called as one of their symbols.
OTHER_NAMES = {
    ("delta-gradient", 14): "dz_k",  # the left side is an element of it
    ("lstm-gradient", 13): "da_x",  # the left side is a derivative by two stacked arrays
    ("slstm-gradient", 16): "da_x",
    ("lstm-gradient", 14): "dc_next",  # it has a name of its own on its way to the step before
    ("peephole", 13): "dc_next",
    ("slstm-gradient", 14): "dlog_n_prev",
    ("ssm-gradient", 20): "dA_log",  # the left side is an element of it
}


# The tables and the formulas


def test_the_hook_reads_the_tables_as_those_do_who_run_the_equations():
    kinds = Name, Index, Gradient, Call
    rows = {it.codes for it in notation(ROOT) if isinstance(it.symbol, kinds)}
    assert_none(
        differences(
            rows - NO_LETTER | {("sigmoid",)},
            (it.codes for it in symbols.rows() if it.codes),
            "the tables of notation: expected that overrides/hooks/symbols.py reads the row {} (a "
            "subscript that is a word has braces of its own, `p_{{\\text{{min}}}}`)",
            "the tables of notation: the row {} is read by overrides/hooks/symbols.py only",
        )
    )
    keys = [it.key for it in symbols.rows()]
    assert len(keys) == len(set(keys)) > 150


@pytest.mark.parametrize(
    ("tex", "sign"),
    [
        (GAMMA_F, Sign("\\Gamma", "f", "<t>")),
        (r"\hat y_{ij}^{\langle t-1 \rangle}", Sign("\\hat y", "ij", "<t-1>")),
        (r"x^{\langle t \rangle \top}", Sign("x", "", "<t>")),
        (r"\frac{\mathrm{d} L}{\mathrm{d} W_{ax}}", Sign("W", "ax", "", r"\mathrm{d}")),
        (r"\log n^{\langle t \rangle}", Sign("\\log n", "", "<t>")),
        (r"x + y", None),
        (r"\tanh", None),
    ],
)
def test_a_symbol_is_told_from_other_formulas(tex, sign):
    assert read_sign(tex) == sign


FOUND = [
    (rf"{GAMMA_F} = \sigma\left( W_f a \right) \tag{{1}}", ["gamma_f", "sigmoid", "W_f", "a"]),
    (r"\sum_t \operatorname{softmax}(z)_i", ["z_t"]),
    (r"a^{\langle T \rangle} \\[.4em] b_a^{\top}", ["a_t", "b_a"]),
    (r"\frac{\mathrm{d} L}{\mathrm{d} x^{\langle t \rangle}}", ["total-x_t"]),
    (r"h + \frac{i}{2}", [None, None]),  # the code has no such names
]


@pytest.mark.parametrize(("tex", "keys"), FOUND)
def test_symbols_are_found_in_a_formula(tex, keys):
    code = Code(frozenset({"a", "gamma_f", "dx"}))
    assert [it.row and it.row.key for it in marks(tex, code)] == keys


def test_of_two_rows_the_one_with_the_shape_of_the_snippet_counts():
    for stem, shape in (("lstm", "`(n_a, n_a + n_x)`"), ("gru", "`(n_a, n_x)`")):
        code = symbols.read_code(Path(f"snippets/{stem}.py"))
        (mark,) = marks("W_u", code)
        assert mark.row.shape == shape


@pytest.mark.parametrize(
    ("meaning", "shares"),
    [
        ("bias of the forget gate, the update gate", ["of the forget gate", "of the update gate"]),
        ("from the query; from the key", ["from the query", "from the key"]),
        ("weights, or biases", ["weights, or biases", "weights, or biases"]),
    ],
)
def test_a_meaning_is_shared_among_the_symbols_of_a_row(meaning, shares):
    for at, share in enumerate(shares):
        assert symbols.share(meaning, at, 2).endswith(share)
    assert symbols.share("$W_{xz}$, `n`", 1, 2, "[;,] ") == "`n`"


def test_a_mark_changes_nothing_that_is_seen_or_read():
    plain = rf"a = {GAMMA_F} * \left( \frac{{a}}{{W_f^\top}} + b \right)"
    marked = plain
    for it in reversed(list(marks(plain, Code(frozenset({"a", "b"}))))):
        marked = f"{marked[: it.start]}\\htmlData{{symbol=x}}{{{it.text}}}{marked[it.end :]}"
    assert marked.count("htmlData") == 5
    assert mathematics.unmarked(marked) == plain
    assert without_marks(mathematics.render(marked, True)) == mathematics.render(plain, True)


def without_marks(html):
    """Take the marks out of a formula: what is in them stays."""
    parts, kept, marked = re.split(r"(<span[^>]*>|</span>)", html), [], []
    for part in parts:
        if part.startswith("<span"):
            marked.append("data-symbol" in part)
        if not ((part == "</span>" or part.startswith("<span")) and marked[-1]):
            kept.append(part)
        if part == "</span>":
            marked.pop()
    return "".join(kept)


# The site


@pytest.fixture(scope="module")
def notes(site):
    """Read what the script says of each symbol."""
    script = (site / "assets/symbols.js").read_text(encoding="utf-8")
    return json.loads(re.search(r"const NOTES = (.*)", script)[1])


@cache
def tree(path):
    return parse(path.read_text(encoding="utf-8"))


def pages(site):
    """List the pages with marked symbols, each with its name."""
    for path in sorted(site.rglob("*.html")):
        marked = "data-symbol" in path.read_text(encoding="utf-8")
        if marked and path.stem not in ("book", "notation", "more-notation"):
            yield path.relative_to(site).with_suffix("").as_posix(), path


def test_each_marked_symbol_has_a_note(site, notes):
    in_code = {code for codes, *_ in notes.values() for code in codes}
    count = 0
    for name, path in pages(site):
        for sign in tree(path).xpath("//*[@data-symbol]"):
            key = sign.get("data-symbol")
            assert key in (in_code if sign.tag == "text" else notes), f"{name}: {key}"
            count += 1
    assert count > 1500
    assert all(shape and meaning for _, shape, meaning, _ in notes.values())


@pytest.mark.every_page
def test_a_symbol_without_a_row_is_listed_here_with_the_reason(site, here):
    found, read = set(), set()
    for name, path in pages(site):
        source = ROOT / f"docs/{name}.md"
        if source.exists():
            code = code_of(path, source)
            read.add(name)
            for tex in tree(path).xpath("//div[@class='arithmatex']//annotation/text()"):
                found |= {(name, it.text) for it in marks(tex, code) if not it.row}
    listed = {(name, text) for name, text in NO_ROW if name in read}
    faults = [
        f"docs/{name}.md: `{text}` has no row in notation.md or more-notation.md, or none with a "
        "name that the code of the page has: write one, or list it in tests/test_symbols.py"
        for name, text in sorted(found - listed)
    ]
    faults += [
        f"docs/{name}.md: `{text}` has a row, or is gone: take it out of tests/test_symbols.py"
        for name, text in sorted(listed - found)
    ]
    assert_none(here(faults))


def code_of(path, source):
    """Give what the hook knows of the code of a page."""
    continues = re.search(r"^continues: (\S+)", source.read_text(encoding="utf-8"), re.MULTILINE)
    snippet = ROOT / f"snippets/{(continues[1] if continues else path.stem).replace('-', '_')}.py"
    known = symbols.read_code(snippet) if snippet.exists() else Code(frozenset())
    here = symbols.names_on(path.read_text(encoding="utf-8"))
    return known._replace(names=known.names | here)


@pytest.mark.every_page
def test_what_a_line_assigns_is_a_symbol_of_its_equation(site, notes, here, pytestconfig):
    """Gradients of all weights together may have no index: `dW` for `dW_f`, `dW_u` and so on."""
    count, faults, needed, read = 0, [], set(), set()
    for name, path in pages(site):
        cell = name.removesuffix("-gradient")
        if cell not in CELLS:
            continue
        read.add(name)
        snippet = ROOT / f"snippets/{cell.replace('-', '_')}.py"
        lines = [(int(number), assigned(it)) for number, it in numbered_statements(str(snippet))]
        for equation in tree(path).find_class("equation"):
            number, signs = int(equation.get("id")[3:]), equation.xpath(".//span/@data-symbol")
            assigns = {variable for line, variable in lines if line == number}
            codes = {code for sign in signs for code in notes[sign][0]}
            together = {match[0] for code in codes if (match := WEIGHTS_TOGETHER.match(code))}
            count += 1
            if assigns & {*codes, *(code.removesuffix("_t") for code in codes), *together}:
                continue
            needed.add((name, number))
            if " ".join(assigns) != OTHER_NAMES.get((name, number)):
                faults.append(
                    f"docs/{name}.md: equation {number} is computed by a line that assigns "
                    f"{' '.join(assigns) or 'nothing'}, expected one of "
                    f"{', '.join(sorted({*codes, *together}))}: call it so, or add the line "
                    f'`("{name}", {number}): "{" ".join(assigns)}",` with the reason to '
                    "OTHER_NAMES in tests/test_symbols.py"
                )
    faults += [
        f"docs/{name}.md: equation {number} is computed by a line that has a name of its symbols, "
        "or is gone: take it out of OTHER_NAMES in tests/test_symbols.py"
        for name, number in sorted(OTHER_NAMES.keys() - needed)
        if name in read
    ]
    assert_none(here(faults))
    assert count > 60 or pytestconfig.getoption("page")


@pytest.mark.every_page
def test_the_shape_in_a_note_is_the_one_in_the_snippet_of_the_page(site, notes, here):
    faults = []
    for name, path in pages(site):
        source = ROOT / f"docs/{name}.md"
        if not source.exists():
            continue
        shapes = defaultdict(set)  # two types of a snippet may have fields of one name
        for code, shape in code_of(path, source).shapes:
            shapes[code].add(shape)
        for key in sorted(set(tree(path).xpath("//div[@class='arithmatex']//span/@data-symbol"))):
            codes, shape, *_ = notes[key]
            faults += [
                f"docs/{name}.md: in the snippet `{code}` is {min(shapes[code])}, in notation "
                f"{re.sub('<.*?>', '', shape)}: write a second row with this shape"
                for code in codes
                if code in shapes and not any(it in shape for it in shapes[code])
            ]
    assert_none(here(faults))


@pytest.mark.parametrize("name", ["lstm-gradient", "gru-reset-after", "bptt", "slstm"])
def test_marks_leave_the_formulas_of_a_page_as_they_were(name, site):
    formulas = tree(site / f"{name}.html").xpath("//div[@class='arithmatex']")
    for formula in formulas:
        (tex,) = formula.xpath(".//annotation/text()")
        assert "htmlData" not in tex
        assert formula.text_content() == parse(mathematics.render(tex, True)).text_content()
    assert len(formulas) > 5


# In the browser


@pytest.fixture
def at(reader):
    """Open a page with the pointer in a corner, and note what goes wrong."""
    wrong = []

    def at(address, viewport=DESKTOP, scheme="light"):
        look(reader, viewport, scheme)
        reader.mouse.move(0, 0)
        reader.goto(address)
        reader.evaluate("document.fonts.ready")
        return reader

    reader.on("pageerror", lambda it: wrong.append(str(it)))
    yield at
    assert wrong == []


HEIGHT = "document.documentElement.scrollHeight"
LIT = """key => ({
  equations: document.querySelectorAll(`.katex .symbol-lit[data-symbol=${key}]`).length,
  figures: document.querySelectorAll("text.symbol-lit").length,
  grounds: document.querySelectorAll(".symbol-ground").length,
  code: [...CSS.highlights.get("symbol") ?? []].map(String),
})"""


def note_of(page):
    """Wait for the note; return what it says."""
    page.wait_for_function("() => document.querySelector('.symbol-note')?.textContent")
    return page.locator(".symbol-note").inner_text()


def test_what_is_pointed_at_in_an_equation_is_lit_in_three_places(at):
    page = at("lstm.html")
    assert page.evaluate("!document.querySelector('.symbol-note, [src*=\"symbols.js\"]')")
    before = page.evaluate(HEIGHT)
    page.locator("#eq-1 [data-symbol=gamma_f]").hover()
    said = note_of(page)
    assert "gamma_f, shape (n_a, m)" in said
    assert "forget gate: how much of the old cell state is kept" in said
    assert "elsewhere: " in said
    lit = page.evaluate(LIT, "gamma_f")
    assert lit["equations"] == 3
    assert lit["figures"] == lit["grounds"] > 3
    assert set(lit["code"]) == {"gamma_f"}
    assert len(lit["code"]) > 5
    assert page.evaluate(HEIGHT) == before
    page.keyboard.press("Escape")
    assert page.locator(".symbol-note").inner_text() == ""
    assert page.evaluate(LIT, "gamma_f") == {
        "equations": 0, "figures": 0, "grounds": 0, "code": []
    }  # fmt: skip


def test_a_figure_and_code_light_up_the_same(at):
    page = at("gru.html")
    page.locator("#gru_cell-gamma_r").hover()
    assert "reset gate" in note_of(page)
    assert page.evaluate(LIT, "gamma_r")["equations"] == 2
    page.locator("#gru_cell-W_u").hover()  # in a GRU it has another shape than in an LSTM
    page.wait_for_function("() => /W_u/.test(document.querySelector('.symbol-note').textContent)")
    assert "(n_a, n_x)" in note_of(page)
    page.keyboard.press("Escape")
    page.mouse.move(0, 0)
    code = page.locator(".highlight code", has_text="eq. 1").first
    code.scroll_into_view_if_needed()
    x, y = code.evaluate("""code => {
      const range = new Range(), text = [...code.childNodes].find(it => /gamma_u/.test(it.data))
      range.setStart(text, text.data.indexOf("gamma_u"))
      range.setEnd(text, text.data.indexOf("gamma_u") + 7)
      const { x, y, width, height } = range.getBoundingClientRect()
      return [x + width / 2, y + height / 2]
    }""")
    page.mouse.move(x, y)
    assert "how much of the candidate is written" in note_of(page)
    assert page.evaluate(LIT, "gamma_u")["equations"] > 2


def test_the_pointer_may_move_into_the_note_and_leaving_it_closes_it(at):
    page = at("lstm.html")
    page.locator("#eq-1 [data-symbol=gamma_f]").hover()
    note_of(page)
    page.locator(".symbol-note").hover()
    page.wait_for_timeout(500)
    assert "forget gate" in note_of(page)
    page.locator("h2").first.hover()
    page.wait_for_function("() => !document.querySelector('.symbol-note').textContent")


def test_an_equation_is_one_stop_and_arrow_keys_go_through_its_symbols(at):
    page = at("lstm.html")
    equation = page.locator("#eq-1 div.arithmatex")
    page.wait_for_selector("#eq-1 div.arithmatex[tabindex='0']")
    assert page.locator(".katex [tabindex]").count() == 0
    page.locator("#eq-1 .equation-line").focus()
    page.keyboard.press("Shift+Tab")
    assert equation.evaluate("it => it === document.activeElement")
    assert "arrow keys" in note_of(page)
    said = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
        page.wait_for_selector("#eq-1 .symbol-current")
        said.append(page.locator(".symbol-note code").first.inner_text())
    assert said == ["gamma_f", "sigmoid", "gamma_f", "b_f"]
    assert page.locator(".symbol-note").get_attribute("role") == "status"
    page.keyboard.press("Escape")
    assert page.locator(".symbol-note").inner_text() == ""
    page.keyboard.press("ArrowRight")
    assert page.locator(".symbol-note").inner_text() != ""
    page.keyboard.press("Tab")
    assert page.locator(".symbol-note").inner_text() == ""


def test_a_figure_is_a_stop_too(at):
    page = at("sequence-types.html")
    figure = page.locator("svg.figure[tabindex='0']").first
    figure.focus()
    page.keyboard.press("ArrowRight")  # what lights up is loaded only now
    page.wait_for_function("() => document.querySelector('.symbol-note')")
    page.keyboard.press("ArrowRight")
    assert "shape" in note_of(page)


def test_a_tap_shows_the_note_and_another_one_elsewhere_closes_it(browser, site_url):
    context = browser.new_context(viewport=PHONE, has_touch=True, base_url=site_url)
    page = context.new_page()
    page.goto("/lstm.html")
    page.locator("#eq-4 [data-symbol=c_tilde]").tap()
    assert "candidate" in note_of(page)
    box = page.locator(".symbol-note").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.locator("h1").tap()
    page.wait_for_function("() => !document.querySelector('.symbol-note').textContent")
    context.close()


def test_a_note_covers_no_part_of_its_equation_and_makes_no_page_wider(browser, site_url):
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, base_url=site_url)
    page = context.new_page()
    page.goto("/gru-gradient.html")
    equation = page.locator("#eq-5 div.arithmatex")
    equation.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.symbol-note')")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
        assert note_of(page)
        note, around = page.locator(".symbol-note").bounding_box(), equation.bounding_box()
        is_above = note["y"] + note["height"] <= around["y"]
        assert is_above or note["y"] >= around["y"] + around["height"]
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    context.close()


def test_notes_are_there_when_the_site_is_a_folder_of_files(browser, site):
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto((site / "rnn.html").as_uri())
    page.locator("div.arithmatex [data-symbol=W_aa]").first.hover()
    assert "shape (n_a, n_a)" in note_of(page)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_note_and_what_is_lit_can_be_read_by_everybody(scheme, at):
    page = at("lstm-gradient.html", DESKTOP, scheme)
    for selector in ("#eq-8 [data-symbol=gamma_f]", "#lstm_backward-c_t"):
        if page.locator(selector).count():
            page.locator(selector).first.hover()
            note_of(page)
            found = Axe().run(page, context=".md-content, .symbol-note").response["violations"]
            assert [(it["id"], it["nodes"][0]["html"]) for it in found] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_lit_keeps_its_contrast(scheme, at):
    """Letters in all colours of figures and equations against the lit ground, by WCAG."""
    page = at("lstm.html", DESKTOP, scheme)
    page.locator("#eq-1 [data-symbol=gamma_f]").hover()
    note_of(page)
    assert page.evaluate(CONTRAST) >= 4.5


CONTRAST = """() => {
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true })
  const style = getComputedStyle(document.querySelector("article"))
  const value = name => style.getPropertyValue(name)
  const luminance = (...colours) => {
    for (const colour of colours) {
      const probe = document.createElement("i")
      probe.style.color = colour
      document.querySelector("article").append(probe)
      paint.fillStyle = getComputedStyle(probe).color
      probe.remove()
      paint.fillRect(0, 0, 1, 1)
    }
    const [r, g, b] = [...paint.getImageData(0, 0, 1, 1).data].map(it => it / 255)
      .map(it => it <= .04045 ? it / 12.92 : ((it + .055) / 1.055) ** 2.4)
    return .2126 * r + .7152 * g + .0722 * b
  }
  const lit = value("--lit")
  const kinds = ["ink", "state", "gate", "input", "output", "gradient"]
  const ratios = kinds.flatMap(kind => ["--md-default-bg-color", "--fig-cell"].map(paper => {
    const both = [luminance(value(`--fig-${kind}`)), luminance(value(paper), lit)]
    return (Math.max(...both) + .05) / (Math.min(...both) + .05)
  }))
  return Math.min(...ratios)
}"""


def test_paper_has_no_notes(at):
    page = at("lstm.html")
    page.locator("#eq-1 [data-symbol=gamma_f]").hover()
    note_of(page)
    page.emulate_media(media="print")
    assert not page.locator(".symbol-note").is_visible()
    page.emulate_media(media="screen")
