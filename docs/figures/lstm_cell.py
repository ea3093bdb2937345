"""Draws lstm_cell.svg: one step of the LSTM, its memory a straight wire with valves on it.

`stage` draws the same step with one part in colour and the rest grey, for the figures of the gates.
"""

from itertools import pairwise
from pathlib import Path

from docs.figures.drawing import (
    box,
    cell,
    concatenation,
    copy,
    element,
    figure,
    group,
    node,
    operation,
    separator,
    step,
    symbol,
    upright_valve,
    value,
    wire,
    words,
)

PLACES = ["lstm.md#what-each-gate-does"]
TITLE = "One step of the LSTM"
DESC = (
    "The cell state runs straight along the top. On its way c at step t minus 1 passes the "
    "forget gate; then the candidate, which has passed the update gate, is "
    "added; the sum is c at step t. A copy of it goes down through a hyperbolic tangent and the "
    "output gate, and is the hidden state a at step t. At the bottom a at step t minus "
    "1 and the input x at step t are concatenated. Four copies go up. Each is multiplied by a "
    "weight matrix and added to a bias: W_f and b_f, W_u and b_u, W_c and b_c, W_o and b_o. A "
    "sigmoid makes the first, second and last a gate, a hyperbolic tangent makes the third the "
    "candidate. A copy of the new hidden state also leaves at the top, towards the prediction."
)
COLUMNS = {"f": 162, "u": 245, "c": 328, "o": 411}
JOIN, OUT = 126, 454  # where the inputs are concatenated; where a copy of c_t turns down
C, UPDATE, OUTPUT = 82, 150, 200  # heights of the cell state, and of the valves below it
SQUASH, SUM, WEIGHT, A, X = 240, 300, 360, 410, 494  # heights of what lies under the valves
RISE, ABOVE = 494, 56  # where a copy of a_t goes up to the prediction, and the room for it
HEIGHT = 518


def weight(code: str, x: float, y: float) -> str:
    """Set a weight in a narrow box, at the left of the sum that it goes into."""
    return (
        wire("ink", (x - 27, y), (x - 16, y))
        + group("weight", box("node", x - 43, y, 32, 30, 3), symbol(code, x - 43, y))
        + operation("+", x, y)
    )


def column(name: str, x: float, drop: float, peephole: float | None) -> list[str]:
    """Draw what a gate or the candidate is made of: weights, bias, and a function."""
    function, height = ("tanh", 18) if name == "c" else ("σ", 16)
    stops = [SUM + drop, SQUASH - 16 + height]
    if peephole and name != "c":
        stops.insert(1, peephole)
    return [
        wire("ink", (x, WEIGHT - 17 + drop), (x, SUM + 16 + drop)),
        *(wire("ink", (x, y - 16), (x, end + 16)) for y, end in pairwise(stops)),
        node(f"W_{name}", x, WEIGHT + drop),
        weight(f"b_{name}", x, SUM + drop),
        operation(function, x, SQUASH),
    ]


def inputs(drop: float) -> list[str]:
    """Draw hidden state and input, joined to one array that goes to each column."""
    a = A + drop
    *others, last = COLUMNS.values()
    return [
        wire("state", (60, a), (JOIN - 3, a), arrow=False, flow="a_prev"),
        wire("input", (102, X - 22 + drop), (102, a + 24), (JOIN - 3, a + 24), arrow=False),
        wire("ink", (JOIN + 3, a + 12), (last, a + 12), (last, WEIGHT + 17 + drop)),
        *(wire("ink", (x, a + 12), (x, WEIGHT + 17 + drop)) for x in others),
        *(copy("ink", x, a + 12) for x in others),
        concatenation(JOIN, a + 12),
        words("concatenate", JOIN + 10, a + 30, align="start"),
        symbol("a_prev", 30, a),
        value("a_prev", "state", 30, a + 24),
        node("x_t", 102, X + drop),
        value("x_t", "input", 130, X + drop, align="start"),
    ]


def line() -> list[str]:
    """Draw the way of the cell state, with the valve and the sum that lie on it."""
    f, c = COLUMNS["f"], COLUMNS["c"]
    return [
        wire("state", (60, C), (f - 30, C), flow="c_prev"),
        wire("state", (f + 30, C), (c - 16, C), flow="kept"),
        wire("state", (c + 16, C), (522, C), flow="c"),
        node("gamma_f", f, C),
        operation("+", c, C),
        symbol("c_prev", 30, C),
        symbol("c_t", 542, C),
        value("c_prev", "state", 30, C + 24),
        value("kept", "state", 245, C + 18),
        value("c", "state", 536, C + 24),
        words("cell state", 245, C - 18, "state"),
    ]


def forget() -> list[str]:
    """Draw how the forget gate reaches its valve."""
    f = COLUMNS["f"]
    return [
        wire("gate", (f, SQUASH - 16), (f, C + 17), flow="gamma_f"),
        words("forget", f, C - 38, "gate"),
        value("gamma_f", "gate", f + 30, C - 38, align="start"),
    ]


def update() -> list[str]:
    """Draw how the candidate passes the update gate and joins the cell state."""
    u, c = COLUMNS["u"], COLUMNS["c"]
    return [
        wire("state", (c, SQUASH - 18), (c, UPDATE + 24), flow="c_tilde"),
        wire("state", (c, UPDATE - 24), (c, C + 16), flow="written"),
        wire("gate", (u, SQUASH - 16), (u, UPDATE), (c - 22, UPDATE), flow="gamma_u"),
        upright_valve("gamma_u", c, UPDATE),
        symbol("c_tilde", c - 25, 198),
        words("update", c - 66, UPDATE - 16, "gate"),
        value("gamma_u", "gate", c - 57, UPDATE + 16),
        value("c_tilde", "state", c + 10, 198, align="start"),
        value("written", "state", c + 12, C + 30, align="start"),
    ]


def output(drop: float) -> list[str]:
    """Draw how the hidden state is read from the cell state."""
    o = COLUMNS["o"]
    return [
        wire("state", (OUT, C), (OUT, C + 36), flow="c"),
        wire("state", (OUT, C + 72), (OUT, OUTPUT - 24), flow="tanh_c"),
        wire("state", (OUT, OUTPUT + 24), (OUT, A + drop), (522, A + drop), flow="a"),
        wire("gate", (o, SQUASH - 16), (o, OUTPUT), (OUT - 22, OUTPUT), flow="gamma_o"),
        copy("state", OUT, C),
        operation("tanh", OUT, C + 54),
        upright_valve("gamma_o", OUT, OUTPUT),
        symbol("a_t", 542, A + drop),
        words("output", OUT - 26, OUTPUT - 38, "gate", align="end"),
        value("gamma_o", "gate", o - 11, OUTPUT - 16, align="end"),
        value("a", "state", 536, A + 24 + drop),
    ]


def frame(drop: float = 0) -> list[str]:
    """Draw the cell's frame and the steps before and after it."""
    return [
        cell(294, 238 + drop / 2, 420, 432 + drop, "cell"),
        *(separator(x, 10, 518 + drop) for x in (68, 514)),
        *(step(t, x, X + drop) for t, x in (("t − 1", 34), ("t", 294), ("t + 1", 540))),
    ]


def parts(drop: float = 0, peephole: float | None = None) -> list[str]:
    """Draw the whole step, with room for one more sum in each gate, at the height `peephole`."""
    return [
        *frame(drop),
        *(part for name, x in COLUMNS.items() for part in column(name, x, drop, peephole)),
        *inputs(drop),
        *line(),
        *forget(),
        *update(),
        *output(drop),
    ]


def stage(name: str, title: str, desc: str, lit: str) -> str:
    """Draw the step with the columns in `lit` in colour, and the rest grey except the memory."""
    shown, greyed = [], []
    for these, columns in ((forget(), "f"), (update(), "uc"), (output(0), "o")):
        drawn = [part for key in columns for part in column(key, COLUMNS[key], 0, None)]
        (shown if lit == columns else greyed).extend([*drawn, *these])
    parts = [*frame(), group("faint", *greyed), *shown, *inputs(0), *line()]
    return beside(figure(name, title, desc, HEIGHT, *parts))


def beside(svg: str) -> str:
    """Put a figure beside the text that follows it, where the page is wide enough."""
    return svg.replace('class="figure"', 'class="figure beside"', 1)


def smaller(svg: str) -> str:
    """Let a tall figure take less of a wide page."""
    return svg.replace('class="figure"', 'class="figure smaller"', 1)


def draw() -> str:
    """Return the figure as SVG text."""
    up = wire("state", (RISE, A), (RISE, -10), bridge=True, flow="a")
    prediction = [
        group("inside", up),
        copy("state", RISE, A),
        node("y_hat_t", RISE, -30),
        value("said", "output", RISE - 40, -30, align="end"),
    ]
    moved = element("g", *parts(), *prediction, transform=f"translate(0 {ABOVE})")
    return smaller(figure("lstm_cell", TITLE, DESC, HEIGHT + ABOVE, moved))


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
