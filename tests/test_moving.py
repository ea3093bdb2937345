"""The figures that move compute what the snippets compute, and work for each reader."""

import json
from pathlib import Path

import numpy as np
import pytest
import quickjs
from axe_playwright_python.sync_playwright import Axe

from overrides.hooks import live, moving
from snippets.readout import readout_forward
from tests.browser import DESKTOP
from tests.conftest import ROOT
from tools.tiny import DESIGNS, Network, follow, load, one_hot

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

FOLDER = ROOT / "docs/assets/moving"
TEXTS = {
    "rnn": ['She said "not now", I said "oh well" and left.', '"a" then "b', '""""'],
    "lstm": ["The keys to the old cabinet in the hallway", "A dragon. Women of the City ."],
    "gru": ["Let x=7 and y=3, add 12 cats, now x=2 or 9?", "x=1, X=05 7=x"],
}
CASES = [(name, text) for name, texts in TEXTS.items() for text in texts]
RESTS = {"rnn": 9, "lstm": 5, "gru": 6}  # as the pages have it
HELD = [
    *(("lstm", {gate: value}) for gate in "fuo" for value in (0, 0.3, 1)),
    *(("gru", {gate: value}) for gate in "ur" for value in (0, 0.3, 1)),
    ("lstm", {"f": 0.9, "o": 0.4}),
]


# The arithmetic


def run(expression, name, text, held):
    """Compute an expression of a network, a text and the gates that are held, in JavaScript."""
    context = quickjs.Context()
    context.eval(
        live.join("network.js", FOLDER, set()).replace("class Network", "var Network = class")
    )
    written = json.loads((ROOT / f"docs/assets/tiny/{name}.json").read_text(encoding="utf-8"))
    held = {f"gamma_{gate}": value for gate, value in held.items()}
    return json.loads(
        context.eval(
            f"(() => {{ const network = new Network({json.dumps(name)}, {json.dumps(written)})\n"
            f"const text = {json.dumps(text)}, held = {json.dumps(held)}\n"
            f"const steps = network.read(text, held)\n"
            f"return JSON.stringify({expression}) }})()"
        )
    )


def holding(name, held):
    """Return a tiny network whose held gates don't depend on anything."""
    network, written = load(name)
    params = network.cell
    for gate, value in held.items():
        bias = {0: -800.0, 1: 40.0}.get(value) or np.log(value / (1 - value))
        names = [it for it in params._fields if it in (f"W_{gate}", f"U_{gate}", f"b_{gate}")]
        params = params._replace(**{it: 0 * getattr(params, it) for it in names})
        params = params._replace(**{f"b_{gate}": getattr(params, f"b_{gate}") + bias})
    return Network(params, network.readout), written


def follow_held(name, text, held):
    """Return hidden states (T, n_a), tape and logits (T, n_y) of a text, from the snippets."""
    design, (network, _) = DESIGNS[name], holding(name, held)
    x = one_hot(np.transpose([design.task.encode(text)]), len(design.task.inputs), float)
    a, _, tape = design.forward(network.cell, x)
    logits, _ = readout_forward(network.readout, a)
    return a[:, :, 0], tape, logits[:, :, 0]


@pytest.mark.parametrize(("name", "text"), CASES)
def test_each_value_of_each_step_is_that_of_the_snippet(name, text):
    steps = run("steps", name, text, {})
    a, tape, logits = follow_held(name, text, {})
    assert [it["symbol"] for it in steps] == DESIGNS[name].task.split(text)
    np.testing.assert_allclose([it["a"] for it in steps], a, rtol=0, atol=1e-12)
    np.testing.assert_allclose([it["logits"] for it in steps], logits, rtol=0, atol=1e-12)
    inner = ("gamma_f", "gamma_u", "gamma_o", "gamma_r", "c_tilde", "tanh_c")
    for t, step in enumerate(steps if name != "rnn" else []):  # an RNN has no other values
        for gate in {*inner}.intersection(tape.values[t]._fields):
            want = getattr(tape.values[t], gate)[:, 0]
            np.testing.assert_allclose(step[gate], want, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("name", "held"), HELD)
def test_a_held_gate_gives_what_a_gate_without_weights_gives(name, held):
    text = TEXTS[name][0]
    steps = run("steps", name, text, held)
    a, _, logits = follow_held(name, text, held)
    np.testing.assert_allclose([it["a"] for it in steps], a, rtol=0, atol=1e-12)
    np.testing.assert_allclose([it["logits"] for it in steps], logits, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "held"), [("rnn", {}), ("lstm", {}), ("gru", {}), HELD[1], HELD[-1], HELD[10]]
)
def test_the_reach_is_the_slope_of_the_last_score(name, held):
    text = TEXTS[name][0]
    lengths = run("network.reach(steps, held)", name, text, held)
    design, (network, _) = DESIGNS[name], holding(name, held)
    symbols = np.transpose([design.task.encode(text)])
    _, tape, logits = follow_held(name, text, held)
    last = logits[-1].argmax()
    x = one_hot(symbols, len(design.task.inputs), float)

    def score(t, memory):
        """Return the last score, if the memory after step t is another one."""
        state = tape.states[t + 1]
        if name == "lstm":
            shown = tape.values[t].gamma_o * np.tanh(memory)
            state = state._replace(a=shown, c=memory)
        else:
            state = state._replace(a=memory)
        end = state.a
        if t + 1 < len(x):
            end = design.forward(network.cell, x[t + 1 :], state)[0][-1]
        return readout_forward(network.readout, end[None])[0][0, last, 0]

    for t in (0, len(x) // 2, len(x) - 2, len(x) - 1):
        memory = tape.states[t + 1].c if name == "lstm" else tape.states[t + 1].a
        slopes = []
        for unit in np.eye(len(memory))[:, :, None]:
            step = 1e-5 * unit
            slopes.append((score(t, memory + step) - score(t, memory - step)) / 2e-5)
        np.testing.assert_allclose(lengths[t], np.linalg.norm(slopes), rtol=1e-6, atol=1e-9)


# What the pages say of it


def answers(name, text, **held):
    """Return what a tiny network answers after each step while gates are held."""
    return [it["said"] for it in run("steps", name, text, held)]


def test_a_shut_gate_of_the_lstm_does_what_the_page_says():
    text = DESIGNS["lstm"].examples[0]
    assert answers("lstm", text)[-1] == "is"
    assert answers("lstm", text, f=0)[-1] == "are"
    assert set(answers("lstm", text, o=0)) == {"no subject yet"}
    cell = [it["c"][1] for it in run("steps", "lstm", text, {"o": 0})]
    assert cell[1] > cell[0] + 0.5  # it still goes up at key
    step = run("steps", "lstm", text, {})[5]
    assert step["symbol"] == "cabinets"
    assert step["c_tilde"][1] < -0.4
    assert step["gamma_u"][1] < 0.2


def test_the_gradient_of_the_lstm_reaches_the_beginning_unless_the_forget_gate_is_shut():
    text = DESIGNS["lstm"].examples[0]
    open_, shut = (run("network.reach(steps, held)", "lstm", text, it) for it in ({}, {"f": 0}))
    assert min(open_[:-1]) > 0.9 * max(open_[:-1])
    assert shut[1] < 0.02 * shut[-1]


def test_a_held_gate_of_the_gru_does_what_the_page_says():
    text = DESIGNS["gru"].examples[0]
    seven = text.index("7")
    assert set(answers("gru", text, u=0)) == set(answers("gru", text, r=0)) == {"no value yet"}
    assert answers("gru", text, u=1)[seven : seven + 3] == ["7", "7", "0"]
    lengths = run("network.reach(steps.slice(0, 35), held)", "gru", text, {})
    assert min(lengths[seven:]) / max(lengths[seven:]) > 0.9
    assert max(lengths[:seven]) < 0.7 * lengths[seven]


def test_the_gradient_of_the_rnn_is_gone_where_the_page_says():
    text = DESIGNS["rnn"].examples[0]
    end = text.index("now") + 3
    lengths = run(f"network.reach(steps.slice(0, {end}), held)", "rnn", text, {})
    assert lengths[-6] < 0.01 * lengths[-1] < lengths[-3]
    assert follow("rnn", 0)["values"][end - 1] > 0.9


# In the page


def test_a_place_gets_its_controls_and_its_network_once():
    place = '<div data-moving="{}" data-network="lstm"></div>'
    html = moving.filled(place.format("text") + place.format("cell"))
    assert html.count('id="network-lstm"') == 1
    assert html.count('name="text"') == 2
    assert html.count("data-gate") == 3
    assert moving.filled("<div>other</div>") == "<div>other</div>"


@pytest.fixture(scope="module", params=["reduce", "no-preference"])
def visitor(request, browser, site_url):
    """Keep one page, with motion or without, that notes what goes wrong."""
    context = browser.new_context(viewport=DESKTOP, base_url=site_url, reduced_motion=request.param)
    page = context.new_page()
    page.wrong, page.moves = [], request.param == "no-preference"
    page.on("pageerror", lambda it: page.wrong.append(str(it)))
    yield page
    assert not page.wrong
    context.close()


def now(page):
    """Return the step that a cell shows, from 0."""
    return page.locator("[name=step]").evaluate("it => it.closest('[data-moving]').cell.now")


def rest(page, name):
    """Open a page and wait until its cell has come to rest; return the cell's place."""
    page.goto(f"/{name}.html")
    page.locator(f"svg:has(#{name}_cell-title)").scroll_into_view_if_needed()
    place = page.locator("[data-moving=cell]")
    if page.moves:
        place.get_by_role("button", name="Pause").wait_for()
        place.get_by_role("button", name="Play").wait_for(timeout=10_000)
    return place


@pytest.mark.browser
@pytest.mark.parametrize("name", TEXTS)
def test_a_cell_rests_at_its_telling_step_and_shows_its_values(name, visitor):
    rest(visitor, name)
    step = RESTS[name]
    assert now(visitor) == step
    reading = follow(name, 0)
    shown = visitor.evaluate(
        "name => Object.fromEntries([...document.getElementById(`${name}_cell-title`).parentNode"
        ".querySelectorAll('[data-value]')].map(it => [it.dataset.value, it.textContent]))",
        name,
    )
    assert shown["x_t"] == reading["symbols"][step]
    assert shown["said"] == reading["answers"][step]
    value = float(shown[reading["signal"]].replace("−", "-"))
    assert abs(value - reading["values"][step]) < 0.006
    open_ = visitor.evaluate("document.querySelector('[data-gate]')?.value ?? null")
    assert open_ is None or 0 <= float(open_) <= 1


@pytest.mark.browser
def test_a_reader_goes_through_time_by_keyboard_and_plays_and_pauses(visitor):
    place = rest(visitor, "lstm")
    slider = place.get_by_role("slider", name="Step")
    slider.focus()
    visitor.keyboard.press("ArrowLeft")
    assert now(visitor) == RESTS["lstm"] - 1
    assert slider.get_attribute("aria-valuetext") == "Step 5 of 9, old. Answer: is."
    visitor.keyboard.press("Home")
    place.get_by_role("button", name="Play").press("Enter")
    visitor.wait_for_function("() => document.querySelector('[data-moving=cell]').cell.now === 2")
    place.get_by_role("button", name="Pause").press("Enter")
    stopped = now(visitor)
    visitor.wait_for_timeout(700)
    assert now(visitor) == stopped


@pytest.mark.browser
def test_a_reader_shuts_a_gate_and_lets_it_go(visitor):
    place = rest(visitor, "lstm")
    let_go = place.get_by_role("button", name="Let the gates go")
    assert let_go.is_disabled()
    place.get_by_label("Forget gate").focus()
    visitor.keyboard.press("Home")
    assert place.get_by_text("0.00, held").count() == 1
    place.get_by_role("slider", name="Step").press("End")
    answer = visitor.locator("svg:has(#lstm_cell-title) [data-value=said]")
    assert answer.text_content() == "are"
    let_go.click()
    assert answer.text_content() == "is"


@pytest.mark.browser
@pytest.mark.parametrize("name", TEXTS)
def test_a_reader_types_a_text_and_both_figures_read_it(name, visitor):
    rest(visitor, name)
    own = TEXTS[name][1]
    figure = visitor.locator(f"svg:has(#{name}_tiny-title)")
    built = figure.locator("text").all_text_contents()
    top = visitor.locator("[data-moving=text] input")
    top.fill(own)
    below = visitor.locator("[data-moving=cell] [name=text]")
    assert below.input_value() == own
    last = answers(name, own)[-1]
    assert f"it answers: {last}." in figure.locator("desc").text_content()
    assert visitor.locator(f"svg:has(#{name}_cell-title) [data-value=said]").text_content() == last
    typed = "".join(visitor.locator("[data-moving=cell] svg .typed.input").all_text_contents())
    assert typed == "".join(DESIGNS[name].task.split(own))
    below.fill("")
    assert figure.locator("text").all_text_contents() == built
    assert "it answers" not in figure.locator("desc").text_content()


@pytest.mark.browser
@pytest.mark.parametrize("name", TEXTS)
def test_it_works_from_a_folder_and_nothing_shifts(name, site, visitor):
    visitor.goto((Path(site) / f"{name}.html").as_uri())
    visitor.locator("[data-moving=cell].is-ready").wait_for()
    shift = visitor.evaluate(
        """() => new Promise(done => new PerformanceObserver(list =>
            done(list.getEntries().reduce((sum, it) => sum + it.value, 0)))
            .observe({ type: "layout-shift", buffered: true }) || setTimeout(() => done(0), 500))"""
    )
    assert shift < 0.01


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", TEXTS)
def test_axe_finds_nothing(name, scheme, visitor):
    visitor.emulate_media(color_scheme=scheme)
    rest(visitor, name)
    found = Axe().run(visitor, context="[data-moving]").response["violations"]
    assert not [(it["id"], it["nodes"][0]["html"]) for it in found]


@pytest.mark.browser
def test_without_scripts_and_on_paper_there_are_no_dead_controls(browser, site_url, visitor):
    visitor.goto("/lstm.html")
    visitor.emulate_media(media="print")
    assert not visitor.locator("[data-moving]").first.is_visible()
    assert not visitor.locator(".moving-words").first.is_visible()
    visitor.emulate_media(media="screen")
    context = browser.new_context(java_script_enabled=False, base_url=site_url)
    page = context.new_page()
    page.goto("/lstm.html")
    assert not page.locator("[data-moving]").first.is_visible()
    assert not page.locator(".moving-words").first.is_visible()
    context.close()
