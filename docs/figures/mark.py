"""Draws mark.svg: a loop, and the chain that it unrolls to.

The same mark is on assets/social.png, which `python -m tools.render_social` makes.
"""

from pathlib import Path

from docs.figures.drawing import circle, element, figure, number

TITLE = "Unrolled"
DESC = "A loop with a dot on it, whose line runs on into a chain of two more dots."
BLUE = "#2b7fce"  # seen on light and on dark alike


def mark(x: float, y: float, radius: float, stroke: float, chain: list[float]) -> str:
    """Draw a loop around a centre, and the chain that it unrolls to on the ground below it."""
    ground, dot = y + radius, 1.12 * stroke
    loop = circle("bead", x, y, radius)
    thread = element("path", d=f"M{number(x)} {number(ground)}H{number(chain[-1])}")
    lines = element("g", loop, thread, fill="none", stroke=BLUE, stroke_width=stroke)
    dots = (circle("bead", at, ground, dot) for at in (x, *chain))
    return lines + element("g", *dots, fill=BLUE)


def draw() -> str:
    """Return the mark as SVG text."""
    return figure("mark", TITLE, DESC, 32, mark(13, 14.6, 10.5, 4.4, [28, 43]), width=48)


def social() -> str:
    """Return the picture that stands for the site where a page of it is shared, as SVG text."""
    chain = [200 + 190 * i for i in range(1, 7)]
    name = element("text", "Unrolled", x=352, y=330, font_size=156)
    line = element("text", "recurrent networks you can run", x=356, y=486, font_size=56)
    return figure(
        "social",
        TITLE,
        DESC,
        630,
        element("rect", width=1200, height=630, fill="#171b21"),
        mark(200, 268, 116, 20, chain),
        element("g", name, line, fill="#e4e7ee", font_family="KaTeX_Main"),
        width=1200,
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
