"""Draws blocks.svg: the weights of three cells as blocks, a matrix beside another and a bias."""

from pathlib import Path

from docs.figures.drawing import box, figure, group, symbol, words

PLACES = ["parameter-count.md"]
TITLE = "The weights of an RNN, a GRU and an LSTM"
DESC = (
    "Blocks of weights, drawn below each other. Each block is a rectangle that is n_x wide, a "
    "square that is n_a wide, and a narrow column. The RNN has one block, for its hidden state. "
    "The GRU has three: update gate, reset gate and candidate. The LSTM has four: forget gate, "
    "update gate, output gate and candidate."
)
N_X, N_A, BIAS, GAP = 20, 36, 6, 4  # widths, and what lies between
TOP, PITCH = 62, 44
BLOCKS = {
    "RNN": ["hidden state"],
    "GRU": ["update gate", "reset gate", "candidate"],
    "LSTM": ["forget gate", "update gate", "output gate", "candidate"],
}


def draw() -> str:
    """Return the figure as SVG text."""
    parts = []
    for left, (cell, blocks) in zip((4, 190, 376), BLOCKS.items(), strict=True):
        of_input, of_state = left + N_X / 2, left + N_X + GAP + N_A / 2
        of_bias = left + N_X + N_A + 2 * GAP + BIAS / 2
        parts += [
            words(cell, left, 12, align="start"),
            symbol("n_x", of_input, 34),
            symbol("n_a", of_state, 34),
        ]
        for row, name in enumerate(blocks):
            middle = TOP + PITCH * row + 10
            widths = ((of_input, N_X), (of_state, N_A), (of_bias, BIAS))
            block = (box("node", x, middle, width, N_A, 2) for x, width in widths)
            parts += [
                group("weight", *block),
                words(name, of_bias + BIAS + 3, middle, align="start"),
            ]
    return figure("blocks", TITLE, DESC, TOP + 4 * PITCH - 10, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
