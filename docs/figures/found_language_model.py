"""Draws found_language_model.svg: a network, a table of counts, and both, as it was measured."""

from pathlib import Path

from docs.figures.drawing import circle, figure, group, measured, wire, words

PLACES = ["index.md#measured (3)"]
TITLE = "The loss of a network, of a table of counts, and of both together"
DESC = (
    "Three dots over the loss on unseen text, in nats per character, where further left is better. "
    "A GRU after five minutes of training: {gru:.2f}. A table that counts what followed every six "
    "characters: {table:.2f}. The two mixed, half and half: {mixed:.2f}."
)
LEFT, RIGHT, FLOOR = 190, 500, 150
LOWEST, HIGHEST = 1.40, 1.55
ROWS = {
    "gru": ("GRU, five minutes", "state"),
    "table": ("table of counts", "gate"),
    "mixed": ("both, half and half", "input"),
}


def across(loss: float) -> float:
    """Return where a loss lies."""
    return LEFT + (loss - LOWEST) / (HIGHEST - LOWEST) * (RIGHT - LEFT)


def draw() -> str:
    """Return the figure as SVG text."""
    results = measured("language_model")
    large = results["curves"]["large GRU"]
    losses = {
        "gru": large["loss"][0],
        "table": results["tables"]["begun"][6],
        "mixed": large["mixed"][0],
    }
    parts = [
        wire("ink", (LEFT, FLOOR), (RIGHT, FLOOR), arrow=False),
        *(words(f"{n:.2f}", across(n), FLOOR + 16) for n in (1.4, 1.45, 1.5, 1.55)),
        words("loss on unseen text, nats per character", (LEFT + RIGHT) / 2 - 40, FLOOR + 40),
    ]
    for at, (key, (label, kind)) in enumerate(ROWS.items()):
        x, y = across(losses[key]), 30 + 40 * at
        parts += [
            words(label, LEFT - 14, y, kind, align="end"),
            wire("axis", (LEFT, y), (RIGHT, y), arrow=False),
            group(kind, circle("dot", x, y, 6)),
            words(f"{losses[key]:.2f}", x + 12, y - 11, kind, align="start"),
        ]
    return figure("found_language_model", TITLE, DESC.format(**losses), FLOOR + 54, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
