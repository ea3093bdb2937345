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
    wire,
    words,
)

PLACES = ["gru.md"]
TITLE = "One step of the GRU"
DESC = (
    "The activation runs straight along the top. On its way a at step t minus 1 passes a valve "
    "that lets through one minus the update gate; then the candidate, which has passed the valve "
    "of the update gate, is added; the sum is a at step t. A copy of a at step t minus 1 goes down "
    "and along the bottom, and the input x at step t with it. Update gate, reset gate and "
    "candidate are each a sum of three: a matrix W times the input, a matrix U times the "
    "activation, and a bias b. A sigmoid makes the first two gates, a hyperbolic tangent makes the "
    "third the candidate. Before the activation reaches the candidate's matrix U_c it passes the "
    "valve of the reset gate."
)
U, W, B = -38, 0, 38  # where in a column the three terms of its sum stand
COLUMNS = {"u": 166, "r": 282, "c": 436}
DOWN, ACROSS = 100, 352  # where a copy of a goes down; where the reset gate does
A, UPDATE, SQUASH, SUM, WEIGHT = 82, 150, 240, 300, 360  # heights, from the top
RESET, STATE, INPUT = 428, 484, 510  # and of what feeds the sums


def weight(code: str, x: float, y: float) -> str:
    """Set a weight in a narrow box."""
    return group("weight", box("node", x, y, 34, 30, 3), symbol(code, x, y))


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
    """Draw how activation and input reach the sums; the lines lie `low` lower than here."""
    u, r, c = COLUMNS.values()
    state, line = STATE + low, INPUT + low
    return [
        wire("state", (60, A), (u - 42, A)),
        wire("state", (DOWN, A), (DOWN, state), (c + U, state), (c + U, reach)),
        *(wire("state", (x + U, state), (x + U, WEIGHT + 15)) for x in (u, r)),
        wire("input", (DOWN, line + 36), (DOWN, line), (c, line), (c, WEIGHT + 15)),
        *(bridge("input", (x, line), (x, WEIGHT + 15)) for x in (u, r)),
        *(copy("state", x, y) for x, y in ((DOWN, A), (u + U, state), (r + U, state))),
        *(copy("input", x, line) for x in (u, r)),
        symbol("a_prev", 30, A),
        node("x_t", DOWN, line + 58),
    ]


def update() -> list[str]:
    """Draw the mix of old activation and candidate."""
    u, _, c = COLUMNS.values()
    half = [(u - 42, A - 24), (u - 42, A + 24), (u, A + 17)]
    return [
        wire("gate", (u, SQUASH - 16), (u, A + 17)),
        wire("gate", (u, UPDATE), (c - 22, UPDATE)),
        copy("gate", u, UPDATE),
        wire("state", (u + 42, A), (c - 16, A)),
        wire("state", (c, SQUASH - 18), (c, UPDATE + 24)),
        wire("state", (c, UPDATE - 24), (c, A + 16)),
        wire("state", (c + 16, A), (522, A)),
        operation("+", c, A),
        group(
            "gate",
            polygon("node", *half, *((2 * u - x, 2 * A - y) for x, y in half)),
            symbol("gamma_u", u, A, before="1 − "),
        ),
        upright_valve("gamma_u", c, UPDATE),
        symbol("c_tilde", c - 25, 198),
        symbol("a_t", 542, A),
        words("keep", u, A - 38, "gate"),
        words("update", c - 66, UPDATE - 16, "gate"),
    ]


def reset(y: float) -> list[str]:
    """Draw the reset gate: a valve on the way of the past into the candidate."""
    _, r, c = COLUMNS.values()
    return [
        wire("gate", (r + 16, SQUASH), (ACROSS, SQUASH), (ACROSS, y), (c + U - 22, y)),
        upright_valve("gamma_r", c + U, y),
        words("reset", ACROSS - 8, SQUASH - 16, "gate"),
    ]


def frame(low: float) -> list[str]:
    """Draw the cell and the steps around it."""
    height = INPUT + low - 2
    times = (("t − 1", 34), ("t", 294), ("t + 1", 540))
    return [
        cell(294, 22 + height / 2, 420, height, "cell"),
        *(separator(x, 10, INPUT + low + 82) for x in (68, 514)),
        *(step(time, x, INPUT + low + 58) for time, x in times),
    ]


def draw() -> str:
    """Return the figure as SVG text."""
    c = COLUMNS["c"]
    return figure(
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


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
