"""Draws a tune as notes on five lines, and plays it: for the experiment on melodies.

A tune is a dictionary with "metre", "key" and "notes" in ABC, as in tools/tunes.py. `draw_tune`
draws with matplotlib, and `write_sound` writes a WAV file that browsers play.

It can draw what the tunes of this book need, and no more: one voice, dots, triplets and beams.
"""

import wave
from fractions import Fraction
from itertools import batched, chain

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Ellipse

from tools.tunes import bars_of

LETTERS = "CDEFGAB"
SEMITONES = [0, 2, 4, 5, 7, 9, 11]
SHARPS = {"A": 3, "D": 2, "G": 1, "Em": 1, "C": 0, "Am": 0}
FLATS = {"F": -1, "Dm": -1, "Bb": -2, "Gm": -2}
SIGNATURES = SHARPS | FLATS
INK = plt.rcParams["text.color"]
SHARP, FLAT = "\N{MUSIC SHARP SIGN}", "\N{MUSIC FLAT SIGN}"
BEAT = 3  # of 6/8: three eighths share a beam
CLEF = [  # what its line winds around, in steps: across, and up from the line of middle C
    *[(0.3, 3.6), (0.0, 2.6), (-1.1, 4.4), (0.3, 6.4), (1.7, 4.2), (0.3, 1.0), (-2.0, 3.2)],
    *[(-1.2, 7.2), (1.2, 10.0), (0.8, 14.0), (-0.5, 12.5), (-0.2, 8.0), (0.5, 0.0)],
    *[(0.3, -2.6), (-1.1, -1.6), (-0.7, 0.2)],
]


# -- pitches


def signature(key):
    """Say by how many semitones each letter is moved."""
    count = SIGNATURES[key]
    moved = "FCGDAEB"[:count] if count > 0 else "BEADGCF"[:-count]
    return dict.fromkeys(moved, 1 if count > 0 else -1)


def step_of(name):
    """Count white keys from middle C, which is C; c is the one above."""
    octave = name[0].islower() + name.count("'") - name.count(",")
    return LETTERS.index(name[0].upper()) + 7 * octave


def pitches(tune):
    """Return bars of (step, semitones from middle C, length); None rests."""
    bars = []
    for bar in bars_of(tune["notes"]):
        moved, notes = {}, []
        for name, sharp, length in bar:
            if name[0] == "z":
                notes.append((None, None, length))
                continue
            step = step_of(name)
            if sharp:  # holds to the end of its bar
                moved[step] = sharp.count("^") - sharp.count("_")
            usual = signature(tune["key"]).get(name[0].upper(), 0)
            octave, letter = divmod(step, 7)
            semitones = SEMITONES[letter] + 12 * octave
            notes.append((step, semitones + moved.get(step, usual), length))
        bars.append(notes)
    return bars


# -- notes on five lines


def is_third(length):
    """Tell whether a note is one of a triplet."""
    return length.denominator % 3 == 0


def plain(length):
    """Return the length of the note without dot and triplet; its dots."""
    looks = length * 3 / 2 if is_third(length) else length
    return (looks * 2 / 3, 1) if looks.numerator == 3 else (looks, 0)


def draw_head(axes, x, step, length):
    """Draw head and dot; a step is half a space of the staff."""
    for line in [*range(0, step - 1, -2), *range(12, step + 1, 2)]:
        axes.hlines(line, x - 1.1, x + 1.1, color=INK, linewidth=0.8)
    looks, dots = plain(length)
    head = Ellipse((x, step), 1.4, 1.9, edgecolor=INK)
    head.set_facecolor(INK if looks < 4 else "none")
    axes.add_patch(head)
    if dots:
        axes.plot(x + 1.4, step + 1 - step % 2, ".", color=INK, markersize=3)


def draw_stems(axes, notes):
    """Draw the stems of (x, step, length), and the beams that join them."""
    x, steps = np.array([note[:2] for note in notes], float).T
    up = 1 if steps.mean() < 6 else -1
    x = x + 0.65 * up
    rise = np.clip(steps[-1] - steps[0], -2, 2)
    ends = np.interp(x, x[[0, -1]], [0, rise])
    ends = ends + 6 * up + up * (up * (steps - ends)).max()
    axes.vlines(x, steps, ends, color=INK, linewidth=1.2)
    for level in (0, 1):  # a beam for eighths, a second one for sixteenths
        short = [plain(length)[0] < 2 - level for *_, length in notes]
        y = ends - 1.9 * level * up
        for i, this in enumerate(short):
            left, right = short[max(i - 1, 0) : i], short[i + 1 : i + 2]
            if this and right == [True]:
                to, thick = (x[[i, i + 1]], y[[i, i + 1]]), 3
            elif this and len(notes) == 1:  # a flag
                to, thick = ([x[i], x[i] + 1], [y[i], y[i] - 2.2 * up]), 1.6
            elif this and left != [True]:  # half a beam, by a longer note
                half = x[i] + (-1.2 if left else 1.2)
                to, thick = ([x[i], half], y[[i, i]]), 3
            else:
                continue
            axes.plot(*to, INK, linewidth=thick, solid_capstyle="butt")
    thirds = [i for i, note in enumerate(notes) if is_third(note[2])]
    for three in batched(thirds, 3):
        at = x[[*three]].mean(), ends[[*three]].mean() + 2.4 * up
        axes.text(*at, "3", ha="center", va="center")


def strange_sign(step, semitones, key):
    """Return the sign of a note that the key does not have, or nothing."""
    octave, letter = divmod(step, 7)
    moved = semitones - SEMITONES[letter] - 12 * octave
    if moved == signature(key).get(LETTERS[letter], 0):
        return ""
    return {-1: FLAT, 0: "\N{MUSIC NATURAL SIGN}", 1: SHARP}[moved]


def draw_clef(axes, x):
    """Draw a treble clef: a line that winds around the line of G."""
    way, weights = np.repeat(CLEF, 20, axis=0), np.hanning(44) / np.hanning(44).sum()
    smooth = [np.convolve(it, weights, "valid") for it in way.T]
    axes.plot(x + smooth[0], smooth[1], INK, linewidth=1.3)


def draw_signs(axes, key, metre):
    """Draw clef, key and metre; return where the notes begin."""
    heights = dict(zip("FCGDAEB", [10, 7, 11, 8, 5, 9, 6], strict=True))
    middle = {"ha": "center", "va": "center"}
    draw_clef(axes, 1.5)
    x = 4
    for letter, moved in signature(key).items():
        sign = SHARP if moved > 0 else FLAT
        axes.text(x, heights[letter] - 0.4, sign, size=15, **middle)
        x += 1.6
    if metre:
        for y, number in zip((8, 4), metre.split("/"), strict=True):
            axes.text(x + 0.8, y, number, weight="bold", **middle)
        x += 2.4
    return x


def draw_line(axes, bars, key, metre=""):
    """Draw a line of music; the first one has the metre, and an upbeat."""
    axes.hlines(range(2, 11, 2), 0, 60, color=INK, linewidth=0.7, alpha=0.6)
    x = draw_signs(axes, key, metre)
    widths = [max(length, Fraction(2, 3)) for bar in bars for *_, length in bar]
    unit = float((60 - x) / (sum(widths) + len(bars)))
    for bar in bars:
        upbeat = metre and bar is bars[0]
        time = -sum(length for *_, length in bar) if upbeat else 0
        x, groups = x + unit, []
        for step, semitones, length in bar:
            if step is not None:
                draw_head(axes, x, step, length)
                if sign := strange_sign(step, semitones, key):
                    axes.text(x - 1.8, step, sign, ha="center", va="center")
                beat = time // BEAT if plain(length)[0] < 2 else x
                if not groups or groups[-1][0] != beat:
                    groups.append((beat, []))
                groups[-1][1].append((x, step, length))
            time += length
            x += unit * float(max(length, Fraction(2, 3)))
        for _, notes in groups:
            if plain(notes[0][2])[0] < 8:
                draw_stems(axes, notes)
        axes.vlines(x, 2, 10, color=INK, linewidth=1)
    axes.set(xlim=(-0.5, 60.5), ylim=(-3, 16))
    axes.axis("off")


def draw_tune(tune, starts):
    """Draw a tune in lines, each of which starts at one of these bars; return the figure."""
    bars = pitches(tune)
    ends = [*starts[1:], len(bars)]
    figure, rows = plt.subplots(len(starts), figsize=(6, 1.15 * len(starts)), squeeze=False)
    for axes, start, end in zip(rows[:, 0], starts, ends, strict=True):
        draw_line(axes, bars[start:end], tune["key"], tune["metre"] if start == 0 else "")
    axes.vlines(60.2, 2, 10, color=INK, linewidth=4)
    axes.vlines(59.2, 2, 10, color=INK, linewidth=1)
    figure.subplots_adjust(0, 0, 1, 1, hspace=0)
    return figure


# -- sound


def sound(tune, seconds=0.2):
    """Return samples from 0 to 255; a unit of length lasts so many seconds."""
    pieces, time, made = [], Fraction(0), 0
    for _, semitones, length in chain(*pitches(tune)):
        time += length
        t = np.arange(round(8000 * seconds * float(time)) - made) / 8000
        made += len(t)
        tone = np.zeros(len(t))
        if semitones is not None:
            hertz = 440 * 2 ** ((semitones - 9) / 12)  # A is 440 Hz
            for k in (1, 2, 3, 4):
                tone += np.sin(2 * np.pi * k * hertz * t) / 2**k
        fade = np.exp(-4 * t) * np.minimum(1, 100 * t) * (t < t[-1:] - 0.005)
        pieces.append(128 + 110 * tone * fade)
    return np.concatenate(pieces).round().astype(np.uint8)


def write_sound(tune, path):
    """Write a tune as a WAV file: one channel, 8 kHz, one byte a sample."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(sound(tune).tobytes())
