"""Draws one_to_many.svg: one input, and then each output is the next input."""

from pathlib import Path

from docs.figures.drawing import Step, unrolled

PLACES = ["sequence-types.md#one-to-many"]
TITLE = "One to many"
DESC = (
    "The same cell at the steps 1, 2, 3 and T. Only the first step gets an input from outside, x "
    "at step 1: the word waltz. Every step makes a prediction, y hat: one, two, three, and so on. "
    "What a step put out, y, is the input of the next one: y at step 1 goes in at step 2, y at "
    "step 2 goes in at step 3, y at step T - 1 goes in at step T."
)
STEPS = (
    Step(("x_t", "1", "waltz"), ("y_hat_t", "1", "one")),
    Step(("y_t", "1", "one"), ("y_hat_t", "2", "two")),
    Step(("y_t", "2", "two"), ("y_hat_t", "3", "three")),
    Step(("y_t", "T−1", "two"), ("y_hat_t", "T", "three")),
)


def draw() -> str:
    """Return the figure as SVG text."""
    return unrolled("one_to_many", TITLE, DESC, *STEPS)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
