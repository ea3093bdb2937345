"""Draws gru_cell.svg: one step of the GRU, its reset gate in front of the matrix."""

from pathlib import Path

from docs.figures.drawing import (
    box,
    cell,
    copy,
    figure,
    group,
    node,
    operation,
    polygon,
    separator,
    step,
    symbol,
    upright_valve,
    value,
    wire,
    words,
)
from docs.figures.lstm_cell import smaller

PLACES = ["gru.md (2)"]
TITLE = "One step of the GRU"
DESC = (
    "The hidden state runs straight along the top. The old hidden state, a at step t minus 1, "
    "passes a valve that lets through one minus the update gate. Then the candidate is added, "
    "after it has passed the update gate. The sum is the new hidden state, a at step "
    "t, which goes on to the next step and also up through the readout to the prediction. A copy "
    "of the old hidden state goes down and along the bottom, beside the input x at step t. Update "
    "gate, reset gate and candidate are each computed from a sum of three terms: a matrix W times "
    "the input, a matrix U times the old hidden state, and a bias b. A sigmoid of the sum gives "
    "each gate, a hyperbolic tangent gives the candidate. Before the old hidden state reaches the "
    "candidate's matrix U_c, it passes the reset gate."
)
U, W, B = -38, 0, 38  # where in a column the three terms of its sum stand
COLUMNS = {"u": 166, "r": 286, "c": 436}
DOWN, ACROSS = 100, 352  # where a copy of a goes down; where the reset gate does
TOP = 48  # what makes room for the prediction above the cell
A, UPDATE, SQUASH, SUM, WEIGHT = (TOP + y for y in (82, 150, 240, 300, 360))  # heights
RESET, STATE, INPUT = (TOP + y for y in (428, 484, 510))  # and of what feeds the sums
READOUT = 482  # where a copy of the new state goes up to the readout


def weight(code: str, x: float, y: float, width: float = 32) -> str:
    """Set a weight in a narrow box."""
    return group("weight", box("node", x, y, width, 30, 3), symbol(code, x, y))


def column(name: str, boxes: tuple[float, ...] = (U, W, B)) -> list[str]:
    """Draw how weights go into a sum, the sum, and the function that squashes it."""
    x = COLUMNS[name]
    function, height = ("tanh", 18) if name == "c" else ("σ", 16)
    return [
        *(wire("ink", (x + at, WEIGHT - 15), (x + at, SUM + 16)) for at in boxes),
        wire("ink", (x, SUM - 16), (x, SQUASH + height)),
        operation("+", x, SUM, width=108),
        operation(function, x, SQUASH),
    ]


def terms(name: str) -> list[str]:
    """Set the weights of a column side by side."""
    x = COLUMNS[name]
    return [weight(f"{w}_{name}", x + at, WEIGHT) for w, at in (("U", U), ("W", W), ("b", B))]


def bridge(kind: str, *points: tuple[float, float]) -> str:
    """Draw a wire that passes over others inside the cell."""
    return group("inside", wire(kind, *points, bridge=True))


def inputs(low: float, reach: float) -> list[str]:
    """Draw how hidden state and input reach the sums; the lines lie `low` lower than here."""
    u, r, c = COLUMNS.values()
    state, line = STATE + low, INPUT + low
    return [
        wire("state", (60, A), (u - 42, A), flow="a_prev"),
        wire("state", (DOWN, A), (DOWN, state), (c + U, state), (c + U, reach)),
        *(wire("state", (x + U, state), (x + U, WEIGHT + 15)) for x in (u, r)),
        wire("input", (DOWN, line + 36), (DOWN, line), (c, line), (c, WEIGHT + 15)),
        *(bridge("input", (x, line), (x, WEIGHT + 15)) for x in (u, r)),
        *(copy("state", x, y) for x, y in ((DOWN, A), (u + U, state), (r + U, state))),
        *(copy("input", x, line) for x in (u, r)),
        symbol("a_prev", 30, A),
        value("a_prev", "state", 30, A + 24),
        node("x_t", DOWN, line + 58),
        value("x_t", "input", DOWN + 28, line + 58, align="start"),
    ]


def update() -> list[str]:
    """Draw the mixture of old hidden state and candidate."""
    u, _, c = COLUMNS.values()
    half = [(u - 42, A - 24), (u - 42, A + 24), (u, A + 17)]
    return [
        wire("gate", (u, SQUASH - 16), (u, A + 17), flow="gamma_u"),
        wire("gate", (u, UPDATE), (c - 22, UPDATE), flow="gamma_u"),
        copy("gate", u, UPDATE),
        wire("state", (u + 42, A), (c - 16, A), flow="kept"),
        wire("state", (c, SQUASH - 18), (c, UPDATE + 24), flow="c_tilde"),
        wire("state", (c, UPDATE - 24), (c, A + 16), flow="written"),
        wire("state", (c + 16, A), (522, A), flow="a"),
        operation("+", c, A),
        group(
            "gate",
            polygon("node", *half, *((2 * u - x, 2 * A - y) for x, y in half)),
            symbol("gamma_u", u, A, before="1 − "),
        ),
        upright_valve("gamma_u", c, UPDATE),
        symbol("c_tilde", c - 25, SQUASH - 42),
        symbol("a_t", 542, A),
        wire("output", (READOUT, A), (READOUT, 44)),
        copy("state", READOUT, A),
        node("y_hat_t", READOUT, 22),
        words("readout", READOUT - 10, 56, "output", align="end"),
        words("keep", u, A - 38, "gate"),
        words("update", c - 66, UPDATE - 16, "gate"),
        value("kept", "state", (u + c) / 2, A - 18),
        value("gamma_u", "gate", c - 64, UPDATE + 16),
        value("c_tilde", "state", c + 10, SQUASH - 42, align="start"),
        value("written", "state", c + 12, A + 30, align="start"),
        value("a", "state", 536, A + 24),
        value("said", "output", READOUT - 40, 22, align="end"),
    ]


def reset(y: float) -> list[str]:
    """Draw the reset gate: a valve on the way of the past into the candidate."""
    _, r, c = COLUMNS.values()
    return [
        wire(
            "gate",
            *((r + 16, SQUASH), (ACROSS, SQUASH), (ACROSS, y), (c + U - 22, y)),
            flow="gamma_r",
        ),
        value("gamma_r", "gate", (r + ACROSS) / 2 + 4, SQUASH + 16),
        upright_valve("gamma_r", c + U, y),
        words("reset", ACROSS - 8, SQUASH - 16, "gate"),
    ]


def frame(low: float) -> list[str]:
    """Draw the cell and the steps around it."""
    height = INPUT - TOP + low - 2
    times = (("t − 1", 34), ("t", 294), ("t + 1", 540))
    return [
        cell(294, TOP + 22 + height / 2, 420, height, "cell"),
        *(separator(x, TOP + 10, INPUT + low + 82) for x in (68, 514)),
        *(step(time, x, INPUT + low + 58) for time, x in times),
    ]


def draw() -> str:
    """Return the figure as SVG text."""
    c = COLUMNS["c"]
    svg = figure(
        "gru_cell",
        TITLE,
        DESC,
        INPUT + 84,
        *frame(0),
        *inputs(0, RESET + 24),
        *(part for name in COLUMNS for part in column(name)),
        *(part for name in COLUMNS for part in terms(name)),
        *update(),
        wire("state", (c + U, RESET - 24), (c + U, WEIGHT + 15)),
        *reset(RESET),
    )
    return smaller(svg)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
