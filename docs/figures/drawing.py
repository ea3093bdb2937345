"""What all figures share: one shape and one colour for each kind of thing.

    input        green   round
    state        blue    travels on thick wires
    prediction   purple  six-sided
    gate         orange  a valve
    weight       grey    a box
    operation    ink     a circle with its sign
    time         slate   dashed lines
    gradient     red     dashed wires

A figure is a function `draw()` that joins such parts into SVG text, and `make figures` writes it
beside its code. Colours are chosen by class: docs/assets/figures.css gives their values. Lengths
are in pixels of a drawing 560 wide. On a phone, 343 wide, its smallest text of 15 is then still 9.
"""

import json
import re
from collections import Counter
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

ASSETS = Path(__file__).parents[1] / "assets"
WIDTH = 560
LETTER = 9  # width of a letter that could be typed
ROUND = 10  # radius of a wire's corner
TIP = {"state": (12, 7)}  # length and half width of an arrow's head; others: (10, 5)

Point = tuple[float, float]


class Symbol(NamedTuple):
    """How a name of notation.md looks in mathematics, and what kind of thing it is."""

    kind: str
    letter: str
    sub: str = ""
    time: str = ""
    hat: bool = False
    tilde: bool = False


SYMBOLS = {
    "x_t": Symbol("input", "x", time="t"),
    "a_0": Symbol("state", "a", time="0"),
    "a_prev": Symbol("state", "a", time="t−1"),
    "a_t": Symbol("state", "a", time="t"),
    "c_prev": Symbol("state", "c", time="t−1"),
    "c_tilde": Symbol("state", "c", time="t", tilde=True),
    "c_t": Symbol("state", "c", time="t"),
    "gamma_f": Symbol("gate", "Γ", sub="f", time="t"),
    "gamma_u": Symbol("gate", "Γ", sub="u", time="t"),
    "gamma_o": Symbol("gate", "Γ", sub="o", time="t"),
    "gamma_r": Symbol("gate", "Γ", sub="r", time="t"),
    "recalled": Symbol("state", "q", time="t"),
    "q": Symbol("state", "q"),
    "S_prev": Symbol("state", "S", time="t−1"),
    "S_t": Symbol("state", "S", time="t"),
    "k_t": Symbol("input", "k", time="t"),
    "q_t": Symbol("input", "q", time="t"),
    "r_t": Symbol("state", "r", time="t"),
    "a_past": Symbol("state", "a", sub="past", time="t"),
    "a_future": Symbol("state", "a", sub="future", time="t"),
    "start": Symbol("state", "a", sub="dec", time="0"),
    "e_t": Symbol("input", "e", time="t"),
    "o_t": Symbol("output", "o", time="t"),
    "y_hat_t": Symbol("output", "y", time="t", hat=True),
    "y_t": Symbol("output", "y", time="t"),
    "W_ax": Symbol("weight", "W", sub="ax"),
    "W_aa": Symbol("weight", "W", sub="aa"),
    "b_a": Symbol("weight", "b", sub="a"),
    "E": Symbol("weight", "E"),
    "W_ae": Symbol("weight", "W", sub="ae"),
    **{f"W_{gate}": Symbol("weight", "W", sub=gate) for gate in "fuco"},
    **{f"b_{gate}": Symbol("weight", "b", sub=gate) for gate in "fuco"},
    **{f"p_{gate}": Symbol("weight", "p", sub=gate) for gate in "fuo"},
    **{f"{w}_{gate}": Symbol("weight", w, sub=gate) for w in "WUb" for gate in "urc"},
    "b_rc": Symbol("weight", "b", sub="rc"),
    "delta": Symbol("gate", "Δ", time="t"),
    "f": Symbol("gate", "f", time="t"),
    "B": Symbol("gate", "B", time="t"),
    "C": Symbol("gate", "C", time="t"),
    "h_t": Symbol("state", "h", time="t"),
    "A": Symbol("weight", "A"),
    "D": Symbol("weight", "D"),
    "W_ya": Symbol("weight", "W", sub="ya"),
    "b_y": Symbol("weight", "b", sub="y"),
    "loss": Symbol("ink", "L"),
    "g": Symbol("gradient", "g"),
    "da_t": Symbol("gradient", "da", time="t"),
    "dz_t": Symbol("gradient", "dz", time="t"),
    "dc_t": Symbol("gradient", "dc", time="t"),
    **{f"dz_{gate}": Symbol("gradient", "dz", sub=gate, time="t") for gate in "fuco"},
    "n_x": Symbol("ink", "n", sub="x"),
    "n_a": Symbol("ink", "n", sub="a"),
    "threshold": Symbol("ink", "N"),
    "decay": Symbol("ink", "μ"),
}


def measured(experiment: str) -> Any:
    """Read the committed results of an experiment; keys are text, also those of numbers."""
    path = Path(__file__).parents[1] / f"experiments/results/{experiment}.json"
    return json.loads(path.read_text(encoding="utf-8"))["results"]


def number(value: float) -> str:
    """Write a coordinate with one decimal at most, the same on every platform."""
    settled = round(value, 6)  # a half is a half, whatever the last bits say
    return f"{round(settled, 1) + 0:.1f}".removesuffix(".0")


def attributes(**values: str | float) -> str:
    """Write attributes; an underscore in a name stands for a hyphen."""
    written = {
        name.rstrip("_").replace("_", "-"): value if isinstance(value, str) else number(value)
        for name, value in values.items()
    }
    return "".join(f' {name}="{value}"' for name, value in written.items())


def element(tag: str, *inside: str, **values: str | float) -> str:
    """Write an element; `class_` is its class."""
    start = f"<{tag}{attributes(**values)}"
    return f"{start}>{''.join(inside)}</{tag}>" if inside else f"{start}/>"


def group(kind: str, *parts: str) -> str:
    """Parts that belong together and share the colour of their kind."""
    return element("g", *parts, class_=kind)


def upright(text: str) -> str:
    """Mark what is set upright within mathematics: signs, digits, brackets."""
    return re.sub(
        r"[^A-Za-z\u03b1-\u03c9]+", lambda found: element("tspan", found[0], class_="main"), text
    )


def mathematics(sign: Symbol, time: str | None = None, layer: str = "") -> str:
    """Set a symbol with its hat, its subscript, its layer and its time."""
    time = sign.time if time is None else time
    hat = element("tspan", "ˆ", class_="main hat", dx="-.44em") if sign.hat else ""
    hat += element("tspan", "˜", class_="main hat", dx="-.45em") if sign.tilde else ""
    upright_sub = "sub main" if len(sign.sub) > 2 else "sub"  # a word, not indices
    low = time and (sign.sub == "f" or len(sign.sub) > 2)  # tall letters, below the time
    down, lift = (".42em", "-.97em") if low else (".25em", "-.8em")
    sub = element("tspan", sign.sub, class_=upright_sub, dy=down) if sign.sub else ""
    back = len(sign.sub) * (0.43 if len(sign.sub) > 2 else 0.5)  # to stand above the subscript
    above = {"dx": f"-{back:.2g}em".replace("0.", "."), "dy": lift} if sub else {"dy": "-.55em"}
    when = f"[{layer}]⟨{time}⟩" if layer else f"⟨{time}⟩"
    up = element("tspan", upright(when), class_="up", **above) if time else ""
    return upright(sign.letter) + hat + sub + up


def symbol(
    code: str, x: float, y: float, time: str | None = None, *, before: str = "", layer: str = ""
) -> str:
    """Set a symbol of notation.md, centred; `data-symbol` ties it to equation and code."""
    if code not in SYMBOLS:
        raise ValueError(f"expected a symbol of drawing.SYMBOLS, got {code!r}")
    sign = SYMBOLS[code]
    inside = upright(before) + mathematics(sign, time, layer)
    return element("text", inside, class_=sign.kind, data_symbol=code, x=x, y=y + 6)


def words(text: str, x: float, y: float, kind: str = "", *, align: str = "middle") -> str:
    """Set plain words, centred unless `align` is start or end."""
    classes = " ".join(filter(None, ("words", kind, align if align != "middle" else "")))
    return element("text", escape(text), class_=classes, x=x, y=y + 5)


def value(code: str, kind: str, x: float, y: float, *, align: str = "middle") -> str:
    """Leave room for the value of an array, which a figure that moves writes there."""
    classes = f"words {kind} {align}" if align != "middle" else f"words {kind}"
    return element("text", "", class_=classes, data_value=code, x=x, y=y + 5)


def typed(text: str, x: float, y: float, kind: str = "") -> str:
    """Set what a reader could type, in letters that are LETTER wide."""
    return element("text", escape(text), class_=f"words typed {kind}".strip(), x=x, y=y + 5)


def lifted(
    id_: str, kind: str, text: str, x: float, y: float, ground: float, *, is_marked: bool = False
) -> str:
    """Put what is read at a step on a bar that reaches from the ground to y, up or down."""
    look = "bar drawn" if is_marked else "bar"
    bar = box(look, x, (y + ground) / 2, LETTER * len(text), abs(y - ground), 0)
    beyond = y - 9 if y <= ground else y + 9
    return element("g", bar, typed(text, x, beyond), class_=kind, id_=id_)


def sign(text: str, x: float, y: float) -> str:
    """Set a sign or the name of a function, centred."""
    code = {"data_symbol": "sigmoid"} if text == "σ" else {}
    y += 5.5 if text.isalpha() else 7
    return element("text", escape(text), class_="sign", x=x, y=y, **code)


def polygon(kind: str, *points: Point) -> str:
    """Draw a closed shape with straight sides."""
    corners = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return element("polygon", class_=kind, points=corners)


def box(kind: str, x: float, y: float, width: float, height: float, radius: float) -> str:
    """Draw a rectangle around a centre."""
    left, top = x - width / 2, y - height / 2
    return element("rect", class_=kind, x=left, y=top, width=width, height=height, rx=radius)


def circle(kind: str, x: float, y: float, radius: float) -> str:
    """Draw a circle around a centre."""
    return element("circle", class_=kind, cx=x, cy=y, r=radius)


def shape(kind: str, x: float, y: float, stretch: float = 0) -> str:
    """Draw the outline that belongs to a kind of thing, around a centre."""
    match kind:
        case "input":
            return circle("node", x, y, 22)
        case "output":
            end = x + 20 + stretch
            right = [(end, y - 20), (end + 12, y), (end, y + 20)]
            return polygon("node", *right, *((2 * x - px, py) for px, py in reversed(right)))
        case "gate":
            left = [(x - 30, y - 24), (x - 30, y + 24)]
            return polygon(
                "node", *left, (x, y + 17), (x + 30, y + 24), (x + 30, y - 24), (x, y - 17)
            )
        case "upright gate":
            top = [(x - 30, y - 24), (x + 30, y - 24), (x + 22, y)]
            return polygon("node", *top, (x + 30, y + 24), (x - 30, y + 24), (x - 22, y))
        case "weight":
            return box("node", x, y, 48, 34, 3)
    raise ValueError(f"expected a kind that has a shape, got {kind!r}")


def node(code: str, x: float, y: float, time: str | None = None) -> str:
    """Set a symbol in the shape of its kind."""
    text = symbol(code, x, y, time)
    kind = SYMBOLS[code].kind
    stretch = 6 if len(time or "") > 1 else 0
    return group(kind, shape(kind, x, y, stretch), text)


def upright_valve(code: str, x: float, y: float) -> str:
    """Set the symbol of a gate in a valve through which a wire runs up or down."""
    return group("gate", shape("upright gate", x, y), symbol(code, x, y))


def token(word: str, x: float, y: float, kind: str = "input") -> str:
    """Set a word as an input or a prediction: the round shape, stretched."""
    return group(kind, box("node", x, y, 64, 34, 17), words(word, x, y, kind))


def operation(text: str, x: float, y: float, width: float = 32) -> str:
    """Draw an operation: a circle with its sign, stretched where the sign is a word."""
    width, height = (width, 32) if len(text) == 1 else (20 + 8.6 * len(text), 36)
    return group("operation", box("node", x, y, width, height, height / 2), sign(text, x, y))


def towards(start: Point, end: Point, distance: float) -> Point:
    """Return the point that lies so far from the start on the way to the end."""
    (x, y), (to_x, to_y) = start, end
    share = distance / ((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5
    return x + share * (to_x - x), y + share * (to_y - y)


def tip(kind: str, before: Point, end: Point) -> str:
    """Draw the head of an arrow that comes from one point and ends in another."""
    length, half = TIP.get(kind, (10, 5))
    base_x, base_y = towards(end, before, length)
    across_x, across_y = (end[1] - base_y) * half / length, (base_x - end[0]) * half / length
    sides = (base_x + across_x, base_y + across_y), (base_x - across_x, base_y - across_y)
    return polygon("tip", end, *sides)


def line(*points: Point, radius: float = ROUND) -> str:
    """Write the path through the points; its corners are rounded unless the radius is 0."""

    def place(point: Point) -> str:
        return " ".join(map(number, point))

    path = [place(points[0])]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        enter, leave = towards(corner, before, radius), towards(corner, after, radius)
        path.append(f"{place(enter)}Q{place(corner)} {place(leave)}" if radius else place(corner))
    return "M" + "L".join([*path, place(points[-1])])


def wire(
    kind: str,
    *points: Point,
    arrow: bool = True,
    bridge: bool = False,
    radius: float = ROUND,
    flow: str = "",
) -> str:
    """Draw the way of an array from point to point; a bridge passes over other wires.

    `flow` names what flows here, in a figure that moves: the wire is then as thick as its value.
    """
    *_, before, end = points
    last = towards(end, before, TIP.get(kind, (10, 5))[0] - 2) if arrow else end
    path = line(*points[:-1], last, radius=radius)
    parts = [element("path", class_="wire", d=path)]
    if bridge:
        parts.insert(0, element("path", class_="gap", d=path))
    if arrow:
        parts.append(tip(kind, before, end))
    return element("g", *parts, class_=kind, **({"data_flow": flow} if flow else {}))


def curve(points: list[Point], floor: float) -> str:
    """Draw a curve, and the ground between it and the floor."""
    path, (left, _) = line(*points, radius=0), points[0]
    ground = element("path", class_="ground", d=f"{path}V{number(floor)}H{number(left)}Z")
    return ground + element("path", class_="wire", d=path)


def marks(kind: str, points: list[Point]) -> str:
    """Mark points of a curve."""
    return group(kind, *(circle("dot", x, y, 4) for x, y in points))


def copy(kind: str, x: float, y: float) -> str:
    """Draw the dot at which a wire branches: both ends carry the same array."""
    return group(kind, circle("dot", x, y, 5))


def concatenation(x: float, y: float) -> str:
    """Draw the bar at which wires from the left join: arrays stacked into one."""
    return box("bar drawn", x, y, 6, 44, 2)


def cell(x: float, y: float, width: float, height: float, name: str) -> str:
    """Draw a cell opened up: a frame around a centre, its name in the lower right corner."""
    corner = x + width / 2 - 12, y + height / 2 - 16
    return box("frame", x, y, width, height, 14) + words(name, *corner, align="end")


def closed_cell(x: float, y: float) -> str:
    """Draw a cell as it is seen from outside."""
    return box("frame", x, y, 60, 60, 14) + words("cell", x, y)


def step(time: str, x: float, y: float) -> str:
    """Name a time step, as `t − 1` or `t = 2`."""
    return element("text", upright(time), class_="time", x=x, y=y + 6)


def separator(x: float, top: float, bottom: float) -> str:
    """Draw the dashed line between two time steps."""
    return element("path", class_="time separator", d=line((x, top), (x, bottom)))


def dots(x: float, y: float, kind: str = "state") -> str:
    """Draw the three dots that stand for steps left out."""
    three = (circle("dot", x + 10 * i, y, 2.6) for i in (-1, 0, 1))
    return group(kind, *three)


def figure(
    name: str, title: str, desc: str, height: float, *parts: str, width: float = WIDTH
) -> str:
    """Join the parts into a figure with a title and a description for who cannot see it."""
    labels = f'role="img" aria-labelledby="{name}-title {name}-desc"'
    size = f'viewBox="0 0 {number(width)} {number(height)}" xmlns="http://www.w3.org/2000/svg"'
    return (
        f'<svg class="figure" {labels} {size}>\n'
        f'<title id="{name}-title">{escape(title)}</title>\n'
        f'<desc id="{name}-desc">{escape(desc)}</desc>\n'
        + identified(name, "\n".join(parts))
        + "\n</svg>\n"
    )


def identified(name: str, parts: str) -> str:
    """Give each symbol an id, as rnn_cell-a_t; the second one of its kind is rnn_cell-a_t-2."""
    seen = Counter()

    def identify(found: re.Match) -> str:
        seen[found[1]] += 1
        which = f"-{seen[found[1]]}" if seen[found[1]] > 1 else ""
        return f'{found[0]} id="{name}-{found[1]}{which}"'

    return re.sub(r'data-symbol="(\w+)"', identify, parts)


class Step(NamedTuple):
    """A step of an unrolled network: symbol, time and word of what goes in and what comes out."""

    below: tuple[str, str, str] | None = None
    above: tuple[str, str, str] | None = None


def unrolled_step(x: float, y: float, time: str, inside: Step) -> list[str]:
    """Draw a closed cell around a centre, with its input below and its prediction above."""
    parts = [closed_cell(x, y), step(f"t = {time}", x, y + 172)]
    if inside.below:
        code, when, word = inside.below
        kind = "input" if code == "x_t" else "output"
        parts += [wire(kind, (x, y + 78), (x, y + 30)), node(code, x, y + 100, when)]
        parts += [words(word, x, y + 140, kind)]
    if inside.above:
        code, when, word = inside.above
        parts += [wire("output", (x, y - 30), (x, y - 84)), node(code, x, y - 104, when)]
        parts += [words(word, x, y - 142, "output")]
    return parts


def unrolled(name: str, title: str, desc: str, *steps: Step) -> str:
    """Draw a network at the steps 1, 2, 3 and T."""
    times, places, y = ("1", "2", "3", "T"), (68, 208, 348, 488), 156
    parts = [wire("state", (2, y), (38, y)), symbol("a_0", 18, y - 20)]
    for time, x, inside in zip(times, places, steps, strict=True):
        parts += unrolled_step(x, y, time, inside)
        if time != "T":
            parts += [symbol("a_t", x + 66, y - 20, time), separator(x + 70, y + 24, y + 182)]
        if time in "12":
            parts += [wire("state", (x + 30, y), (x + 110, y))]
    parts += [wire("state", (378, y), (400, y), arrow=False), dots(418, y)]
    parts += [wire("state", (436, y), (458, y))]
    return figure(name, title, desc, y + 188, *parts)


def standalone(svg: str) -> str:
    """Give a figure its own colours, light and dark: for where no style sheet reaches."""
    css = ASSETS.joinpath("figures.css").read_text(encoding="utf-8")
    screen = re.search(r'@media screen .*?slate"\] {(.*?)}\n}\n', css, re.DOTALL)
    dark = f"{screen[1].strip()} --fig-paper: #171b21;"
    style = (
        f"<style>\n{css.replace(screen[0], '')}"
        "svg.figure { max-width: none; margin: 0; background: var(--fig-paper); }\n"
        ".figure .hat { letter-spacing: .16em; } /* narrower in common fonts */\n"
        f"@media (prefers-color-scheme: dark) {{ svg.figure {{ {dark} }} }}\n</style>\n"
    )
    width, height = (float(side) + 32 for side in re.search(r'0 0 (\S+) ([^"]+)', svg).groups())
    around = f'viewBox="-16 -16 {number(width)} {number(height)}"'
    return re.sub('viewBox="[^"]*"', around, svg).replace(">\n", f">\n{style}", 1)
