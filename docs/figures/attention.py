"""Draws attention.svg: a query, its scores, the weights, and the mean of the states.

A script of the page shows another query's numbers in it: docs/assets/moving/attention.js.
"""

from math import exp
from pathlib import Path

from docs.figures.drawing import (
    box,
    figure,
    group,
    lifted,
    operation,
    sign,
    symbol,
    token,
    wire,
    words,
)

PLACES = ["attention.md"]
TITLE = "Attention over three hidden states"
DESC = (
    "Three columns, one for each token that the encoder has read: Tür, auf, and an exclamation "
    "mark. Under the tokens are the hidden states a at step t: (2, 0), (0, 2) and (0, 0). A query "
    "q, which is (0, 1), meets each of them in a dot product. The scores are 0, 2 and 0. A softmax "
    "over the three makes them the weights 0.11, 0.79 and 0.11, drawn as bars. Each weight is "
    "multiplied by the state of its column, which gives (0.21, 0), (0, 1.57) and (0, 0). Their sum "
    "is the context, (0.21, 1.57)."
)
STEPS = {"Tür": (2, 0), "auf": (0, 2), "!": (0, 0)}
QUERY = (0, 1)
COLUMNS = (190, 310, 430)
TOKEN, STATE, DOT, SCORE, SOFTMAX, GROUND, PRODUCT, SUM, CONTEXT = (
    24, 84, 146, 194, 232, 344, 384, 430, 484,
)  # fmt: skip
MIDDLE = COLUMNS[1]
TALL = 70  # a weight of 1


def short(value: float) -> str:
    """Write a number with two decimals at most."""
    return f"{round(value, 2) + 0:g}".replace("-", "−")


def pair(values: tuple[float, float]) -> str:
    """Write a state of two numbers."""
    return f"({', '.join(map(short, values))})"


def state(values: tuple[float, float], x: float, y: float, width: float = 72) -> str:
    """Draw a box with the numbers of a state."""
    return group("state", box("node", x, y, width, 34, 6), words(pair(values), x, y, "state"))


def draw(query: tuple[float, float] = QUERY) -> str:
    """Return the figure as SVG text."""
    states = [*STEPS.values()]
    scores = [query[0] * first + query[1] * second for first, second in states]
    total = sum(map(exp, scores))
    weights = [exp(score) / total for score in scores]
    products = [
        (weight * first, weight * second)
        for weight, (first, second) in zip(weights, states, strict=True)
    ]
    context = sum(first for first, _ in products), sum(second for _, second in products)
    names = {
        "reads": TOKEN,
        "state": STATE,
        "query": DOT,
        "score": SCORE,
        "weight": GROUND - 26,
        "weight × state": PRODUCT,
        "context": CONTEXT,
    }
    parts = [words(name, 4, y, align="start") for name, y in names.items()]
    parts += [symbol("a_t", 66, STATE), symbol("q", 60, DOT), state(query, 108, DOT, 60)]
    before = 138
    for x, word, values, score, weight, product in zip(
        COLUMNS, STEPS, states, scores, weights, products, strict=True
    ):
        parts += [
            token(word, x, TOKEN),
            wire("input", (x, TOKEN + 17), (x, STATE - 17)),
            state(values, x, STATE),
            wire("state", (x, STATE + 17), (x, DOT - 16)),
            wire("state", (before, DOT), (x - 16, DOT)),
            operation("·", x, DOT),
            wire("ink", (x, DOT + 16), (x, SCORE - 12)),
            words(short(score), x, SCORE),
            wire("ink", (x, SCORE + 12), (x, SOFTMAX - 16)),
            wire("ink", (x, SOFTMAX + 16), (x, SOFTMAX + 30)),
            lifted(
                f"attention-weight-{word if word.isalpha() else 'mark'}",
                "gate",
                f"{weight:.2f}",
                x,
                GROUND - TALL * weight,
                GROUND,
            ),
            wire("ink", (x, GROUND), (x, PRODUCT - 14)),
            words(pair(product), x, PRODUCT, "state"),
        ]
        turn = [(x, SUM)] if x != MIDDLE else []
        end = (MIDDLE, SUM - 16) if x == MIDDLE else (MIDDLE + (16 if x > MIDDLE else -16), SUM)
        parts.append(wire("state", (x, PRODUCT + 14), *turn, end))
        before = x + 16
    parts += [
        group("operation", box("node", MIDDLE, SOFTMAX, 300, 32, 16)),
        sign("softmax", MIDDLE, SOFTMAX),
        operation("+", MIDDLE, SUM),
        wire("state", (MIDDLE, SUM + 16), (MIDDLE, CONTEXT - 17)),
        state(context, MIDDLE, CONTEXT, 104),
    ]
    return figure("attention", TITLE, DESC, CONTEXT + 24, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
