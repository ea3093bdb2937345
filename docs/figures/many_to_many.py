"""Draws many_to_many.svg: one prediction for each input."""

from pathlib import Path

from docs.figures.drawing import Step, unrolled

PLACES = ["sequence-types.md#many-to-many-same-length"]
TITLE = "Many to many, same length"
DESC = (
    "The same cell at the steps 1, 2, 3 and T. Each step reads an input x and makes a prediction y "
    "hat of its own. The words read are dogs, that, bark, bite; the predictions are their parts of "
    "speech: noun, pronoun, verb, verb."
)
STEPS = (
    Step(("x_t", "1", "dogs"), ("y_hat_t", "1", "noun")),
    Step(("x_t", "2", "that"), ("y_hat_t", "2", "pronoun")),
    Step(("x_t", "3", "bark"), ("y_hat_t", "3", "verb")),
    Step(("x_t", "T", "bite"), ("y_hat_t", "T", "verb")),
)


def draw() -> str:
    """Return the figure as SVG text."""
    return unrolled("many_to_many", TITLE, DESC, *STEPS)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
