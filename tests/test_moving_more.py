"""Figures that readers move compute what the snippets compute, and draw what their code draws."""

import hashlib
import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from docs.figures import attention, clipping_direction, gradient_reach, sampling_filters, valley
from overrides.hooks import live, moving
from snippets import clipping, sampling
from snippets.attention import dot_attention
from tests.browser import DESKTOP, PHONE
from tests.conftest import ROOT
from tools import characters
from tools.plays import seven_plays

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

MODULES = ROOT / "docs/assets/moving"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def run(browser):
    """Give a function that evaluates JavaScript with the exports of a module, and arguments."""
    page = browser.new_page()

    def run(module, expression, *given):
        script = live.join(f"{module}.js", MODULES, set())
        return page.evaluate(f"given => {{\n{script}return {expression}\n}}", list(given))

    yield run
    page.close()


@pytest.fixture(scope="module", params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def visitor(request, browser, site_url):
    """Keep a page that notes what goes wrong."""
    context = browser.new_context(viewport=request.param, base_url=site_url)
    page = context.new_page()
    page.wrong = []
    page.on("pageerror", lambda it: page.wrong.append(str(it)))
    yield page
    context.close()


def visit(page, name, kind):
    """Open a page; return its place of a kind, ready."""
    page.goto(f"/{name}.html")
    page.locator(f"[data-moving={kind}].is-ready").wait_for()
    return page.locator(f"[data-moving={kind}]")


def shown(page, name):
    """Return the SVG of a figure as it is on the page now."""
    figure = f"document.getElementById('{name}-title').closest('svg')"
    return page.evaluate(f"new XMLSerializer().serializeToString({figure})")


def drawing(svg):
    """List what a figure draws: name, class, text, and numbers to a tenth of a pixel."""
    found = []
    for it in ElementTree.fromstring(svg).iter():
        if it.tag.removeprefix(SVG) in ("svg", "title", "desc") or "moving" in it.get("class", ""):
            continue
        places = {
            key: [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", value)]
            for key, value in it.attrib.items()
            if key not in ("class", "id", "role", "aria-labelledby", "rx", "data-symbol", "viewBox")
        }
        kinds = sorted(it.get("class", "").split())
        found.append((it.tag.removeprefix(SVG), kinds, (it.text or "").strip(), places))
    return found


def assert_same(svg, other):
    """Compare two figures; what a script adds has a class that begins with moving."""
    one, two = drawing(svg), drawing(other)
    assert [it[:3] for it in one] == [it[:3] for it in two]
    for (*what, places), (*_, others) in zip(one, two, strict=True):
        assert places.keys() == others.keys(), what
        for key, numbers in places.items():
            assert numbers == pytest.approx(others[key], abs=0.11), (what, key)


def slide(place, name, value):
    """Move a slider as a reader would."""
    place.locator(f"input[name={name}]").evaluate(
        """(slider, value) => {
            slider.value = value
            slider.dispatchEvent(new Event("input", { bubbles: true }))
        }""",
        value,
    )


def assert_keeps_its_room(page, act):
    """Nothing on the page moves while a reader acts."""
    tall = "document.documentElement.scrollHeight"
    before = page.evaluate(tall)
    act()
    assert page.evaluate(tall) == before


def test_modules_that_are_joined_may_use_one_name_for_two_things(run, tmp_path):
    (tmp_path / "one.js").write_text("const LEFT = 1\nexport const one = () => LEFT\n")
    two = "const LEFT = 2\nexport function two() { return one() + LEFT }\n"
    (tmp_path / "two.js").write_text('import { one } from "./one.js"\n' + two)
    script = live.join("two.js", tmp_path, set())
    assert run("sampling", f"(() => {{ {script} return two() }})()") == 3


# The character model


def test_the_character_model_is_that_of_its_text_and_its_command():
    about = characters.written()
    assert about["command"].endswith(characters.OPTIONS)
    assert about["text"] == hashlib.sha256(seven_plays().encode()).hexdigest()
    assert sorted(set(seven_plays())) == list(about["alphabet"])
    measured = characters.validate(characters.unpack(about))
    assert measured == pytest.approx(about["measured"]["validation"], abs=1e-3)
    assert measured < 1.65  # to know only how often each character occurs gives 3


def test_predictions_are_those_of_the_model():
    told = json.loads(characters.PREDICTIONS.read_text(encoding="utf-8"))
    again = characters.predictions(characters.unpack(characters.written()))
    assert told["alphabet"] == again["alphabet"]
    for context, other in zip(told["contexts"], again["contexts"], strict=True):
        assert context["text"] == other["text"]
        np.testing.assert_allclose(context["z"], other["z"], atol=2e-3)


def test_a_packed_matrix_is_off_by_half_a_step_at_most():
    w = np.random.default_rng(0).normal(size=(5, 7))
    again = characters.unpacked(characters.packed(w))
    steps = np.abs(w).max(axis=1, keepdims=True) / 127
    assert (np.abs(w - again) <= 0.51 * steps + 1e-3 * np.abs(w)).all()


def test_the_text_on_the_page_is_by_the_model():
    told = characters.WRITTEN.read_text(encoding="utf-8").strip()
    assert told == characters.sample(characters.unpack(characters.written())).strip()
    controls = moving.filled('<div data-moving="writer"></div>')
    values = dict(re.findall(r'<input [^>]*name="(\w+)"[^>]* value="([^"]*)"', controls))
    assert values == {
        "text": characters.PROMPT,
        "temperature": str(characters.TEMPERATURE),
        "topP": str(characters.TOP_P),
    }
    script = (MODULES / "writer.js").read_text(encoding="utf-8")
    assert f"LENGTH = {characters.LENGTH}," in script


@pytest.fixture(scope="module")
def model():
    """Give the network, and what is written about it."""
    about = characters.written()
    return characters.unpack(about), about


def test_the_lstm_in_the_browser_predicts_what_the_snippet_predicts(model, run):
    network, about = model
    text = "HAMLET\nThe rest is silence. [Dies]"
    found = run(
        "characters",
        """(() => {
            const network = new CharacterModel(given[0])
            let state
            return [...given[1]].map(it => (state = network.read(it, state)).logits)
        })()""",
        about,
        text,
    )
    for end, logits in enumerate(found, 1):
        z = np.array(logits)[:, None]
        wanted = np.exp(characters.predict(network, text[:end]))
        np.testing.assert_allclose(sampling.softmax(z)[:, 0], wanted, rtol=1e-9, atol=1e-15)


def test_the_browser_writes_what_the_snippets_write_with_the_same_random_numbers(model, run):
    network, about = model
    randoms = np.random.default_rng(1).random(200)
    found = run(
        "characters",
        """(() => {
            const randoms = given[1].values(), settings = { temperature: 0.9, topK: 65, topP: 0.9 }
            const network = new CharacterModel(given[0])
            const writing = network.write("Good ", settings, () => randoms.next().value)
            return given[1].map(() => writing.next().value).join("")
        })()""",
        about,
        randoms[:-1].tolist(),
    )
    assert found == characters.write(network, "Good ", randoms[:-1], 0.9, 0.9)


def write_on(place):
    """Click, wait until the network has written, and return what the status says."""
    place.get_by_role("button", name="Write on").click()
    place.page.wait_for_function(
        "place => place.querySelector('button').textContent === 'Write on'",
        arg=place.element_handle(),
    )
    return place.get_by_role("status").text_content()


def test_a_network_writes_on_and_is_sent_for_only_then(visitor):
    asked = []
    visitor.on("request", lambda it: asked.append(it.url))
    place = visit(visitor, "char-lstm", "writer")
    assert not [it for it in asked if it.endswith("/characters.js")]
    paper = place.locator(".moving-paper")
    assert paper.text_content().startswith(characters.PROMPT)
    place.get_by_label("Your prompt").fill("My dear ")
    tall = "document.documentElement.scrollHeight"
    before = visitor.evaluate(tall)
    assert write_on(place) == "Done"
    first = paper.text_content()
    assert len(first) == len("My dear ") + characters.LENGTH
    assert first.startswith("My dear ")
    assert visitor.evaluate(tall) == before
    place.get_by_label("Your prompt").fill("Zoë é")
    place.get_by_label("Your prompt").press("Enter")
    visitor.wait_for_function(
        "() => /ë é$/.test(document.querySelector('[role=status]').textContent)"
    )
    assert paper.text_content().startswith("Zo ")
    assert len([it for it in asked if it.endswith("/characters.js")]) == 1
    assert not visitor.wrong


def test_writing_can_be_stopped(visitor):
    place = visit(visitor, "char-lstm", "writer")
    place.get_by_role("button", name="Write on").click()
    place.locator(".moving-paper > b").wait_for()
    place.get_by_role("button", name="Stop").click()
    place.get_by_role("button", name="Write on").wait_for()
    assert place.get_by_role("status").text_content() == "Stopped"
    assert len(place.locator(".moving-paper").text_content()) < 300


def test_a_network_that_is_missing_is_named_and_can_be_sent_for_again(visitor):
    visitor.route("**/characters.js", lambda route: route.fulfill(status=404, body="gone"))
    place = visit(visitor, "char-lstm", "writer")
    assert write_on(place) == "The weights could not be loaded."
    visitor.unroute_all()
    assert write_on(place) == "Done"


def test_a_network_writes_in_a_page_opened_from_a_folder(site, visitor):
    visitor.goto((site / "char-lstm.html").as_uri())
    place = visitor.locator("[data-moving=writer].is-ready")
    place.wait_for()
    assert write_on(place) == "Done"


# Sampling


def settings(rng, n_y):
    """Draw what a reader could choose."""
    temperature = float(rng.choice([0.05, 0.3, 1, 1.7, 20]))
    top_k = int(rng.integers(1, n_y + 1))
    top_p = float(rng.choice([1, 0.999, 0.5, 0.05, rng.uniform(0.01, 1)]))
    return {"temperature": temperature, "topK": top_k, "topP": top_p}


def left(z, chosen):
    """Return the probabilities that are left, by the snippet."""
    z_t = sampling.heat(np.array(z)[:, None], chosen["temperature"])
    z_t = sampling.keep_top_k(z_t, chosen["topK"])
    return sampling.softmax(sampling.keep_top_p(z_t, chosen["topP"]))[:, 0]


def test_temperature_top_k_and_top_p_are_those_of_the_snippet(run):
    rng, cases = np.random.default_rng(0), []
    for _ in range(500):
        z = rng.normal(scale=3, size=rng.integers(1, 40)).round(1)  # rounded: some are equal
        cases.append((z.tolist(), settings(rng, len(z))))
    found = run("sampling", "given.map(([z, chosen]) => softmax(filter(z, chosen)))", *cases)
    for (z, chosen), probabilities in zip(cases, found, strict=True):
        np.testing.assert_allclose(probabilities, left(z, chosen), rtol=1e-9, atol=1e-300)


def test_a_top_p_that_is_reached_exactly_keeps_no_more(run):
    for count in range(1, 11):  # ten equal ones: eight of them add up to a little less than 0.8
        z = [0] * 10
        kept = run("sampling", "keepTopP(...given).filter(Number.isFinite).length", z, count / 10)
        assert kept == count


def test_a_draw_falls_on_the_class_in_which_the_random_number_lies(run):
    z, chosen = np.log([3, 5, 1, 1]).tolist(), {"temperature": 1, "topK": 3, "topP": 1}
    randoms = [0, 0.3, 0.34, 0.88, 0.9, 0.999999999999]
    drawn = run(
        "sampling", "given[2].map(it => drawClass(given[0], given[1], it))", z, chosen, randoms
    )
    edges = np.cumsum(left(z, chosen))
    assert drawn == [int(np.searchsorted(edges, it, side="right")) for it in randoms]
    assert 3 not in drawn


@pytest.mark.parametrize("chosen", [(1, 65, 0.5), (0.3, 65, 0.95), (2, 12, 0.8), (1, 1, 1)])
def test_the_filters_are_drawn_as_their_figure_is(chosen, visitor):
    place = visit(visitor, "sampling", "filters")
    before = shown(visitor, "sampling_filters")
    assert_same(before, (ROOT / "docs/figures/sampling_filters.svg").read_text(encoding="utf-8"))

    def act():
        for name, value in zip(("temperature", "topK", "topP"), chosen, strict=True):
            slide(place, name, value)

    assert_keeps_its_room(visitor, act)
    wanted = sampling_filters.draw(sampling_filters.Settings(*chosen))
    assert_same(shown(visitor, "sampling_filters"), wanted)
    assert not visitor.wrong


def test_a_key_moves_a_filter_and_its_slider_says_what_is_left(visitor):
    place = visit(visitor, "sampling", "filters")
    slider = place.get_by_label("Top-p")
    slider.focus()
    visitor.keyboard.press("End")
    slider.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext").startswith("0.95: leaves ")
    counts = sampling_filters.counts(1, 65, 0.95)
    assert (
        slider.get_attribute("aria-valuetext")
        == f"0.95: leaves {counts[0]}, {counts[1]}, {counts[2]} characters"
    )
    assert "top-p 0.95" in shown(visitor, "sampling_filters")


# Clipping


@pytest.mark.parametrize("name", ["by_value", "by_norm", "by_global_norm"])
def test_arrays_are_clipped_as_by_the_snippet(name, run):
    rng = np.random.default_rng(0)
    cases = [
        ([(scale * rng.normal(size=2)).tolist() for scale in rng.choice([0.1, 1, 30], size=2)], n)
        for n in rng.uniform(0.1, 40, size=100)
    ]
    function = "clip" + name.title().replace("_", "")
    found = run("clip", f"given.map(it => {function}(...it))", *cases)
    for (arrays, threshold), clipped in zip(cases, found, strict=True):
        clip = getattr(clipping, f"clip_{name}")
        wanted, _ = clip([np.array(array) for array in arrays], float(threshold))
        np.testing.assert_allclose(clipped, wanted, rtol=1e-12)


def drag(page, x, y, to_x, to_y):
    """Drag what is at a point of the figure of clipping to another point."""
    box = page.evaluate(
        """() => {
            const svg = document.getElementById("clipping_direction-title").closest("svg")
            svg.scrollIntoView({ block: "center" })
            return { ...svg.getBoundingClientRect().toJSON() }
        }"""
    )
    scale = box["width"] / 560
    page.mouse.move(box["x"] + x * scale, box["y"] + y * scale)
    page.mouse.down()
    page.mouse.move(box["x"] + to_x * scale, box["y"] + to_y * scale, steps=3)
    page.mouse.up()


def test_a_gradient_is_dragged_in_any_panel_and_clipped_in_all(visitor):
    place = visit(visitor, "clipping", "clipping")
    name, y = "clipping_direction", clipping_direction.Y
    assert_same(shown(visitor, name), (ROOT / f"docs/figures/{name}.svg").read_text("utf-8"))

    def act():
        drag(visitor, 252 + 104, y - 40, 252 + 80, y - 40)  # array 1, in the second panel
        drag(visitor, 62 - 24, y - 34, 62 - 40, y + 20)  # array 2, in the first one
        slide(place, "threshold", 30)

    assert_keeps_its_room(visitor, act)
    said = [it.get_attribute("aria-valuetext") for it in visitor.locator("[role=slider]").all()]
    assert [it.split(":")[0] for it in said] == ["80 right, 40 up", "-40 right, -20 up"]
    arrays = [np.array([80.0, 40.0]), np.array([-40.0, -20.0])]
    changed = [it for it in drawing(shown(visitor, name)) if it[0] == "text"]
    wanted = [it for it in drawing(clipping_direction.draw(arrays, 30)) if it[0] == "text"]
    assert [it[2] for it in changed] == [it[2] for it in wanted]
    assert not visitor.wrong


def test_arrow_keys_move_a_gradient_and_the_drawing_is_that_of_its_figure(visitor):
    place = visit(visitor, "clipping", "clipping")
    for name, keys in (
        ("Gradient of array 1", ["ArrowDown"] * 30 + ["ArrowLeft"] * 2),
        ("Gradient of array 2", ["ArrowRight", "ArrowUp"]),
    ):
        handle = visitor.get_by_role("slider", name=name)
        handle.focus()
        for key in keys:
            visitor.keyboard.press(key)
    slide(place, "threshold", 20)
    arrays = [np.array([100.0, -20.0]), np.array([-22.0, 36.0])]
    wanted = clipping_direction.draw(arrays, 20)
    assert_same(shown(visitor, "clipping_direction"), wanted)


def test_a_gradient_never_loses_its_length(visitor):
    visit(visitor, "clipping", "clipping")
    drag(visitor, 62 - 24, clipping_direction.Y - 34, 62, clipping_direction.Y)
    said = visitor.get_by_role("slider", name="Gradient of array 2").get_attribute("aria-valuenow")
    assert int(said) >= 12


# The reach of the gradient


@pytest.mark.parametrize(("scale", "bias"), [("0.5", "-2"), ("1.3", "2.5"), ("2.5", "4")])
def test_what_is_left_of_a_gradient_is_what_the_snippets_say(scale, bias):
    told = json.loads(gradient_reach.WRITTEN.read_text(encoding="utf-8"))
    assert list(told["scale"]) == [f"{it:g}" for it in gradient_reach.SCALES]
    assert list(told["bias"]) == [f"{it:g}" for it in gradient_reach.BIASES]
    # a matrix that makes a gradient explode also makes rounding errors grow
    leeway = 0.3 if float(scale) > 1.8 else 0.01
    for numbers, wanted, near in (
        (told["scale"][scale], gradient_reach.scaled(float(scale)), leeway),
        (told["bias"][bias], gradient_reach.biased(float(bias)), 0.01),
    ):
        np.testing.assert_allclose(numbers, wanted[: len(numbers)], atol=near)
        assert len(numbers) == 31 or not -12 <= numbers[-1] <= 4
        assert all(-12 <= number <= 4 for number in numbers[:-1])


def points(svg, kind):
    """Return the points of the line of a kind."""
    path = re.search(rf'<g class="{kind}"><path[^>]* d="([^"]+)"', svg)[1]
    return [[float(n) for n in re.findall(r"[\d.]+", pair)] for pair in path[1:].split("L")]


def test_lines_move_to_what_is_left_and_come_back(visitor):
    place = visit(visitor, "bptt", "reach")
    first = shown(visitor, "gradient_reach")

    def act():
        slide(place, "bias", "3")
        slide(place, "scale", "2.5")

    assert_keeps_its_room(visitor, act)
    moved = shown(visitor, "gradient_reach")
    dashed = points(first, "gradient")[::2]  # with a forget bias of 3, as the figure draws it
    np.testing.assert_allclose(points(moved, "gate"), dashed, atol=0.25)
    assert "LSTM, bias 3: 3e-1 of the gradient is left after 60 steps" in moved
    up = points(moved, "state")
    assert up[-1][1] < up[0][1]
    assert min(y for _, y in up) >= 20
    slide(place, "bias", "1")
    slide(place, "scale", "1")
    for kind in ("gate", "state"):
        old, new = points(first, kind), points(shown(visitor, "gradient_reach"), kind)
        np.testing.assert_allclose(new, old[::2][: len(new)], atol=0.25)
        assert len(new) == len(old[::2])
    assert not visitor.wrong


# Optimizers


@pytest.mark.parametrize("name", valley.RULES)
def test_ways_through_the_valley_are_those_of_the_snippet(name, run):
    _, rule, init = valley.RULES[name]
    function = {"descent": "descend"}.get(name, name.lower())
    memory = init([np.array(valley.START)])
    numbers = list(range(len(valley.RATES)))
    script = live.join("optimizers.js", MODULES, set())
    found = run(
        "valley",
        f"(() => {{ {script} return given.map(it => walk({function}, rateOf(it))) }})()",
        *numbers,
    )
    for number, points in zip(numbers, found, strict=True):
        wanted = valley.walk(rule, memory, valley.RATES[number]).points
        scale = np.abs(wanted).max()
        way = np.array(points, float)
        np.testing.assert_allclose(way, wanted, rtol=1e-9, atol=1e-12 * scale)


def test_a_way_is_drawn_as_its_figure_is_and_ends_where_it_leaves_the_valley(visitor):
    place = visit(visitor, "optimizers", "valley")
    first = (ROOT / "docs/figures/valley.svg").read_text(encoding="utf-8")
    assert_same(shown(visitor, "valley"), first)

    def act():
        for name in valley.RULES:
            slide(place, name, 0)
        for name, number in (("descent", 12), ("momentum", 11), ("Adam", 27)):
            slide(place, name, number)

    assert_keeps_its_room(visitor, act)
    assert_same(shown(visitor, "valley"), first)
    slide(place, "descent", 16)  # 0.08: it diverges
    svg = ElementTree.fromstring(shown(visitor, "valley"))
    path = svg.find(f"{SVG}g[@class='gate']/{SVG}path").get("d")
    heights = [float(pair.split(",")[1]) for pair in path[1:].split("L")]
    assert max(abs(it - 72) for it in heights) == pytest.approx(1.8 * valley.SCALE)
    (said,) = [it.text for it in svg.iter() if (it.text or "").startswith("descent")]
    end = valley.loss(valley.walk(valley.descend, None, 0.08).points[-1])
    assert said == f"descent, learning rate 0.08: loss {end:.0e}".replace("e+", "e")
    assert place.locator("input[name=descent]").get_attribute("aria-valuetext").startswith("0.08: ")
    assert not visitor.wrong


# Attention


def test_a_query_finds_what_the_snippet_finds(run):
    a = np.array([*attention.STEPS.values()], float)[:, :, None]
    for query in ([0, 1], [3, 0], [2, 2], [0.5, -1.5]):
        found = run("attention", "attend(given)", *query)
        context, alpha = dot_attention(np.array(query, float)[:, None], a)
        np.testing.assert_allclose(found["weights"], alpha.ravel(), rtol=1e-12)
        np.testing.assert_allclose(found["context"], context.ravel(), rtol=1e-12)


@pytest.mark.parametrize("query", [(0, 1), (3, 0), (2, 1), (0, 0)])
def test_another_query_is_shown_as_its_figure_would(query, visitor):
    place = visit(visitor, "attention", "attention")
    assert_same(shown(visitor, "attention"), attention.draw())

    def act():
        slide(place, "thing", query[0])
        slide(place, "action", query[1])

    assert_keeps_its_room(visitor, act)
    assert_same(shown(visitor, "attention"), attention.draw(query))
    said = place.locator("input[name=thing]").get_attribute("aria-valuetext")
    assert said.startswith(f"{query[0]}: weights Tür ")
    assert not visitor.wrong


# All of them


PLACES = [
    ("sampling", "filters"),
    ("clipping", "clipping"),
    ("bptt", "reach"),
    ("optimizers", "valley"),
]


@pytest.mark.parametrize(("name", "kind"), PLACES)
def test_axe_finds_nothing_in_figures_that_move(name, kind, visitor):
    visit(visitor, name, kind)
    found = Axe().run(visitor, context=".md-content").response["violations"]
    assert not [(it["id"], it["nodes"][0]["html"]) for it in found]
