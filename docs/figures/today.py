"""Draws today.svg: recurrences and attention since 1990, by what happens to the old state."""

from itertools import accumulate
from pathlib import Path

from docs.figures.drawing import box, figure, marks, wire, words

PLACES = ["today.md"]
TITLE = "Recurrences and attention, 1990 to 2026"
LANES = {  # where each lane lies, its heading in two lines, and the kind whose colour it has
    "nonlinear": (58, ("nonlinear", ""), "state"),
    "unit": (172, ("linear,", "unit by unit"), "state"),
    "pair": (272, ("linear,", "key and value"), "state"),
    "attention": (431, ("attention", ""), "time"),
}
STORY = [  # a year, and what came in each lane
    ("1990", {"nonlinear": ["Elman: RNN"]}),
    ("1997", {"nonlinear": ["LSTM"]}),
    ("2014", {"nonlinear": ["GRU"]}),
    ("2015", {"attention": ["attention"]}),
    ("2017", {"attention": ["transformer"]}),
    ("2018", {"unit": ["GILR"]}),
    ("2020", {"pair": ["linear attention"]}),
    ("2021", {"pair": ["delta rule"]}),
    ("2022", {"unit": ["S4"]}),
    ("2023", {"unit": ["Mamba", "RWKV"]}),
    (
        "2024",
        {
            "nonlinear": ["sLSTM"],
            "unit": ["minGRU", "RG-LRU"],
            "pair": ["mLSTM", "DeltaNet"],
            "attention": ["Jamba"],
        },
    ),
    (
        "2025",
        {
            "nonlinear": ["ParaRNN"],
            "pair": ["Gated DeltaNet", "RWKV-7"],
            "attention": ["Qwen3-Next", "Kimi Linear"],
        },
    ),
    ("2026", {"unit": ["Mamba-3"]}),
]
HYBRIDS = ["Jamba", "Qwen3-Next", "Kimi Linear"]
DESC = (
    "A table of years, from 1990 at the top to 2026 at the bottom, with four columns. The years in "
    "between that are left out are not drawn to scale. "
    + " ".join(
        f"{' '.join(heading).strip().capitalize()}: "
        + ", ".join(f"{name} {year}" for year, came in STORY for name in came.get(lane, []))
        + "."
        for lane, (_, heading, _) in LANES.items()
    )
    + " Jamba, Qwen3-Next and Kimi Linear are framed: they mix attention with linear recurrences."
)
TOP, LINE = 70, 24


def draw() -> str:
    """Return the figure as SVG text."""
    heights = [LINE * max(map(len, came.values())) for _, came in STORY]
    rows = list(accumulate(heights, initial=TOP))
    parts, spots = [], {lane: [] for lane in LANES}
    for (year, came), y in zip(STORY, rows, strict=False):
        parts.append(words(year, 2, y, align="start"))
        for lane, names in came.items():
            x = LANES[lane][0] + 6
            for number, name in enumerate(names):
                spots[lane].append((x, y + LINE * number))
                if name in HYBRIDS:
                    parts.append(box("frame", x + 66, y + LINE * number, 102, 22, 6))
                parts.append(words(name, x + 20, y + LINE * number, align="start"))
    for lane, (x, heading, kind) in LANES.items():
        first, *_, last = spots[lane]
        parts += [
            words(text, x, 14 + 19 * i, align="start") for i, text in enumerate(heading) if text
        ]
        parts += [wire(kind, first, last, arrow=False), marks(kind, spots[lane])]
    return figure("today", TITLE, DESC, rows[-1] - 6, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
