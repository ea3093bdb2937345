"""Figures can be read: in both schemes, on a phone, by who did not draw them."""

import base64
import re
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from docs.figures import clipping, drawing, legend, unrolled, valley
from docs.figures.mark import BLUE
from tests.faults import assert_none
from tools import render_social

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

DOCS = Path(__file__).parents[1] / "docs"
FIGURES = sorted(path.stem for path in (DOCS / "figures").glob("*.svg"))
CSS = (DOCS / "assets/figures.css").read_text(encoding="utf-8")
KINDS = ("ink", "input", "state", "gate", "output", "time", "gradient")
PHONE = 343  # width of a page's column on a screen of 375 pixels


# What the helpers draw


def test_a_coordinate_has_one_decimal_and_no_negative_zero():
    assert [drawing.number(value) for value in (2, 2.04, -0.01, 1.96)] == ["2", "2", "0", "2"]
    assert drawing.number(-1.25001) == "-1.3"
    assert len({drawing.number(12.35 + noise) for noise in (-1e-12, 0, 1e-12)}) == 1


def test_a_line_rounds_its_corners_only():
    points = (0, 0), (40, 0), (40, 30)
    assert drawing.line(*points) == "M0 0L30 0Q40 0 40 10L40 30"
    assert drawing.line(*points, radius=0) == "M0 0L40 0L40 30"


def test_an_arrow_ends_where_the_wire_does_and_covers_its_end():
    wire = drawing.wire("ink", (0, 0), (50, 0))
    assert 'd="M0 0L42 0"' in wire
    assert 'points="50,0 40,-5 40,5"' in wire
    upwards = drawing.wire("state", (0, 50), (0, 0))
    assert 'points="0,0 -7,12 7,12"' in upwards


def test_a_bridge_lies_over_what_was_drawn_before():
    assert drawing.wire("ink", (0, 0), (50, 0), bridge=True).index("gap") < 40
    assert "gap" not in drawing.wire("ink", (0, 0), (50, 0))


def test_a_symbol_is_set_as_in_the_equation():
    text = ElementTree.fromstring(drawing.symbol("y_hat_t", 0, 0, "2"))
    assert "".join(text.itertext()) == "yˆ⟨2⟩"
    assert text.get("data-symbol") == "y_hat_t"
    assert [span.get("class") for span in text] == ["main hat", "up"]
    weight = ElementTree.fromstring(drawing.symbol("W_ax", 0, 0))
    assert (weight.text, weight[0].text) == ("W", "ax")


def test_each_symbol_of_a_figure_has_an_id():
    three = "".join(drawing.symbol(code, 0, 0) for code in ("a_t", "x_t", "a_t"))
    drawn = ElementTree.fromstring(drawing.figure("f", "Three", "Three symbols.", 9, three))
    assert [text.get("id") for text in drawn[2:]] == ["f-a_t", "f-x_t", "f-a_t-2"]


def test_what_cannot_be_drawn_is_named():
    with pytest.raises(ValueError, match=r"expected a symbol of drawing.SYMBOLS, got 'j_t'"):
        drawing.node("j_t", 0, 0)
    with pytest.raises(ValueError, match="expected a kind that has a shape, got 'state'"):
        drawing.node("a_t", 0, 0)


def test_words_may_hold_signs_of_markup():
    svg = drawing.figure("f", "a < b", "c & d", 9, drawing.words("<end>", 0, 0))
    title, desc, text = ElementTree.fromstring(svg)
    assert (title.text, desc.text, text.text) == ("a < b", "c & d", "<end>")


# Colours


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"(--[\w-]+): (#\w+);", css))


def schemes() -> list[tuple[str, dict[str, str], str]]:
    light, dark = CSS.split("@media screen", 1)
    site = (DOCS / "assets/site.css").read_text(encoding="utf-8")
    paper = re.search(r'slate"\] {[^}]*--md-default-bg-color: (#\w+)', site)[1]
    return [("light", colours(light), "#fff"), ("dark", colours(dark), paper)]


def channels(colour: str) -> np.ndarray:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    return np.array([int(digits[i : i + 2], 16) for i in (0, 2, 4)]) / 255


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """Contrast ratio of WCAG 2."""

    def luminance(srgb: np.ndarray) -> float:
        linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("scheme", "kind"), list(product((0, 1), KINDS)))
def test_text_of_each_kind_stands_out_from_what_it_stands_on(scheme, kind):
    name, values, paper = schemes()[scheme]
    text = channels(values[f"--fig-{kind}"])
    tint = float(re.search(r"\.figure \.node {.*?fill-opacity: ([\d.]+)", CSS)[1])
    page, cell = channels(paper), channels(values["--fig-cell"])
    grounds = {
        "page": page,
        "cell": cell,
        "box": channels(values["--fig-box"]),
        "its own shape": tint * text + (1 - tint) * page,
    }
    for ground, colour in grounds.items():
        assert contrast(text, colour) >= 4.5, (name, ground)


@pytest.mark.parametrize("scheme", [0, 1])
def test_frames_and_the_mark_stand_out_from_the_page(scheme):
    _, values, paper = schemes()[scheme]
    for colour in (values["--fig-edge"], BLUE):
        assert contrast(channels(colour), channels(paper)) >= 3


def test_every_class_has_a_rule_and_every_rule_a_use():
    used = {
        name
        for path in (DOCS / "figures").glob("*.svg")
        for classes in re.findall(r'class="(.*?)"', path.read_text(encoding="utf-8"))
        for name in classes.split()
    }
    ruled = set(re.findall(r"\.([a-z]+)\b(?=[^{}*]*{)", CSS))
    assert used - ruled == {"bead", "hat", "ink"}  # the mark's own, the README's, the plain colour
    assert ruled - used == set()


# What figures say is true


# claim F9
def test_gradient_descent_does_at_the_cliff_what_the_figure_says():
    free, clipped = clipping.descend(np.inf), clipping.descend(clipping.THRESHOLD)
    assert free[0] == clipped[0] == clipping.START
    wall = next(w for w in free if w < 1.25)
    assert free[free.index(wall) + 1] > clipping.LAST + 1
    longest = clipping.LEARNING_RATE * clipping.THRESHOLD
    assert np.abs(np.diff(clipped)).max() <= longest + 1e-12
    losses = [clipping.loss_and_slope(w)[0] for w in clipped]
    assert max(losses[-4:]) < 0.15 < clipping.loss_and_slope(free[-1])[0]


def test_the_slope_at_the_cliff_is_the_slope_of_the_loss():
    for w in (1.21, 1.3, 1.7):
        up, down = (clipping.loss_and_slope(w + h)[0] for h in (1e-6, -1e-6))
        assert clipping.loss_and_slope(w)[1] == pytest.approx((up - down) / 2e-6, rel=1e-5)


def test_the_rules_walk_through_the_valley_as_the_figure_says():
    descent, momentum, adam = (
        valley.best_walk(rule, init) for _, rule, init in valley.RULES.values()
    )
    along, across = descent.points.T
    assert np.sign(across[:8]).tolist() == [1, -1] * 4  # from wall to wall
    assert (np.diff(along) > 0).all()
    assert along[-1] < -2.5
    for way in (momentum, adam):
        assert way.points[:, 0].max() > 2  # past the lowest point
        assert valley.loss(way.points[-1]) < 0.2 < 3 < valley.loss(descent.points[-1])
    swings = [(np.diff(np.sign(way.points[:20, 1])) != 0).sum() for way in (momentum, adam)]
    assert swings[0] > swings[1]


def test_no_other_learning_rate_ends_lower():
    for _, rule, init in valley.RULES.values():
        best, start = valley.best_walk(rule, init), init([np.array(valley.START)])
        for factor in (0.5, 0.9, 1.1, 2):
            other = min(valley.RATES, key=lambda r: abs(r - factor * best.learning_rate))
            end = valley.walk(rule, start, other).points[-1]
            assert valley.loss(end) >= valley.loss(best.points[-1])


def test_the_legend_shows_every_kind():
    drawn = legend.draw()
    assert all(f'class="{kind}"' in drawn for kind in {*KINDS, "weight"} - {"ink", "time"})
    assert 'class="time separator"' in drawn


# Pictures that stand alone


def test_the_picture_of_the_readme_is_the_figure_with_its_own_colours():
    committed = (DOCS / "assets/readme.svg").read_text(encoding="utf-8")
    assert committed == drawing.standalone(unrolled.draw())
    style = re.search(r"<style>(.*?)</style>", committed, re.DOTALL)[1]
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    (_, light_values, _), (_, dark_values, _) = schemes()
    assert light_values.items() <= colours(light).items()
    assert dark_values.items() <= colours(dark).items()
    ElementTree.fromstring(committed)


def test_the_social_picture_is_rendered_from_its_source():
    picture = Image.open(render_social.PICTURE)
    assert picture.size == (1200, 630)
    assert picture.text["source"] == render_social.source_hash(), (
        "run `python -m tools.render_social`"
    )
    assert render_social.PICTURE.stat().st_size < 60_000


# Layout, as a browser sees it

FONTS = "".join(
    f"@font-face {{ font-family: {family}; font-style: {style}; src: url(data:font/woff2;base64,"
    + base64.b64encode((DOCS / f"assets/katex/fonts/{file}.woff2").read_bytes()).decode()
    + ") }"
    for family, style, file in [
        ("KaTeX_Math", "italic", "KaTeX_Math-Italic"),
        ("KaTeX_Main", "normal", "KaTeX_Main-Regular"),
    ]
)


@pytest.fixture(scope="module")
def sheet(browser):
    """Keep one page for all figures: a new one takes longer than to look at a figure."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def layout_faults(page, svg: str, *, style: str = FONTS + CSS, width: int = PHONE) -> list[str]:
    page.set_content(f"<style>{style} body {{ margin: 0; width: {width}px }}</style>{svg}")
    page.evaluate("document.fonts.ready")
    return page.evaluate((DOCS.parent / "tests/in_page/figure.js").read_text())


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_overlaps_overflows_or_is_too_small_on_a_phone(sheet, name):
    svg = (DOCS / f"figures/{name}.svg").read_text(encoding="utf-8")
    assert_none(f"docs/figures/{name}.svg: {fault}" for fault in layout_faults(sheet, svg))


def test_the_picture_of_the_readme_holds_with_other_fonts(sheet):
    svg = (DOCS / "assets/readme.svg").read_text(encoding="utf-8")
    assert layout_faults(sheet, svg, style="", width=592) == []


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        (drawing.words("one", 90, 50) + drawing.words("two", 110, 50), '"one" lies on "two"'),
        (
            drawing.token("a long word", 90, 50),
            '"a long word" crosses the edge of the shape 64 wide and 34 tall around (90, 50), '
            "which it leaves by 12",
        ),
        ('<text x="90" y="50" style="font-size: 14px">small</text>', '"small" is below 9 pixels'),
        (
            drawing.symbol("a_t", 90, 50) + drawing.separator(90, 0, 99),
            'a line runs through "a⟨t⟩"',
        ),
        (drawing.words("edge", 555, 50), 'text "edge" leaves the figure'),
        (drawing.separator(90, 50, 120), 'path "" leaves the figure'),
    ],
)
def test_a_fault_of_layout_is_found(sheet, part, fault):
    svg = drawing.figure("faulty", "Faulty", "A figure with one fault.", 100, part)
    assert layout_faults(sheet, svg) == [fault]
