"""Draws many_to_one.svg: every step reads, only the last one predicts."""

from pathlib import Path

from docs.figures.drawing import Step, unrolled

PLACES = ["sequence-types.md#many-to-one"]
TITLE = "Many to one"
DESC = (
    "The same cell at the steps 1, 2, 3 and T. Each step reads an input: the words not, bad, at, "
    "all. The state goes from step to step. Only the last step makes a prediction, y hat: four of "
    "five stars."
)
STEPS = (
    Step(("x_t", "1", "not")),
    Step(("x_t", "2", "bad")),
    Step(("x_t", "3", "at")),
    Step(("x_t", "T", "all"), ("y_hat_t", "T", "4 of 5 stars")),
)


def draw() -> str:
    """Return the figure as SVG text."""
    return unrolled("many_to_one", TITLE, DESC, *STEPS)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
