"""Draws delta_cell.svg: one step of the gated delta rule, with numbers."""

from pathlib import Path

from docs.figures.drawing import cell, copy, figure, node, operation, symbol, wire, words

PLACES = ["delta.md"]
TITLE = "One step of the gated delta rule"
DESC = (
    "The memory S runs straight along the top. The old one, S at step t minus 1, which is (3, 5), "
    "passes the forget gate. A copy of it goes down and meets the key k, which is (1, 0), in a dot "
    "product. The result is r, what the memory holds for this key: 3. It is subtracted from the "
    "candidate, 7, which leaves 4. This passes the update gate and is multiplied by the key, which "
    "gives (4, 0), and the product is added to the memory. The new memory, S at step t, is (7, 5). "
    "A copy of the new memory meets the query q, which is (0, 1), in a dot product, and the result "
    "is the hidden state a at step t: 5. Key, query, candidate and gates come from the input."
)
TOP, DOT, MINUS, BELOW = 72, 158, 258, 340  # heights
FORGET, MEASURE, UPDATE, WRITE, READ = 122, 190, 268, 346, 416  # columns


def draw() -> str:
    """Return the figure as SVG text."""
    return figure(
        "delta_cell",
        TITLE,
        DESC,
        422,
        cell(280, 190, 432, 344, "cell"),
        # the memory
        symbol("S_prev", 28, TOP - 6),
        words("(3, 5)", 28, TOP + 18, "state"),
        wire("state", (58, TOP), (FORGET - 30, TOP)),
        node("gamma_f", FORGET, TOP),
        wire("state", (FORGET + 30, TOP), (WRITE - 16, TOP)),
        operation("+", WRITE, TOP),
        wire("state", (WRITE + 16, TOP), (508, TOP)),
        symbol("S_t", 534, TOP - 6),
        words("(7, 5)", 534, TOP + 18, "state"),
        words("forget", FORGET, TOP - 40, "gate"),
        # measure
        copy("state", MEASURE, TOP),
        wire("state", (MEASURE, TOP), (MEASURE, DOT - 16)),
        symbol("k_t", 108, DOT - 8),
        words("(1, 0)", 108, DOT + 14, "input"),
        wire("input", (134, DOT), (MEASURE - 16, DOT)),
        operation("·", MEASURE, DOT),
        words("measure", MEASURE + 54, DOT, "ink"),
        wire("state", (MEASURE, DOT + 16), (MEASURE, MINUS - 16)),
        symbol("r_t", MEASURE + 24, DOT + 48),
        words("3", MEASURE + 48, DOT + 50, "state"),
        symbol("c_tilde", 108, MINUS - 8),
        words("7", 108, MINUS + 14, "state"),
        wire("state", (130, MINUS), (MEASURE - 16, MINUS)),
        operation("−", MEASURE, MINUS),
        # write
        wire("state", (MEASURE + 16, MINUS), (UPDATE - 30, MINUS)),
        words("4", MEASURE + 30, MINUS - 16, "state"),
        node("gamma_u", UPDATE, MINUS),
        wire("state", (UPDATE + 30, MINUS), (WRITE - 16, MINUS)),
        operation("×", WRITE, MINUS),
        symbol("k_t", WRITE - 26, BELOW - 2),
        words("(1, 0)", WRITE + 28, BELOW, "input"),
        wire("input", (WRITE, BELOW - 10), (WRITE, MINUS + 16)),
        wire("state", (WRITE, MINUS - 16), (WRITE, TOP + 16)),
        words("write", WRITE - 30, DOT, "ink"),
        words("(4, 0)", WRITE - 32, DOT + 50, "state"),
        # read
        copy("state", READ, TOP),
        wire("state", (READ, TOP), (READ, DOT - 16)),
        symbol("q_t", 480, DOT + 4),
        words("(0, 1)", 470, DOT + 30, "input"),
        wire("input", (462, DOT), (READ + 16, DOT)),
        operation("·", READ, DOT),
        words("read", READ + 38, DOT - 30, "ink"),
        wire("state", (READ, DOT + 16), (READ, 388)),
        symbol("a_t", READ + 6, 406),
        words("5", READ + 40, 408, "state"),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
