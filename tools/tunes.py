"""Dance tunes in ABC, a notation in letters: the data of the experiment on melodies.

*Ryan's Mammoth Collection* of 1883 and *O'Neill's Music of Ireland* of 1903 were typed by
volunteers. A letter is a note, a number its length, a stroke a bar. The Python package `music21`
10.5.1 (BSD licence) has the files with the volunteers' permission, and says that commercial use may
be restricted. So they are read out of the package, and none is in this repository.

A tune is a dictionary, such as {"title": "One", "metre": "6/8", "key": "D", "unit": "1/8",
"notes": "DFAA2B|cAdcAG|"}.
"""

import re
from fractions import Fraction
from functools import cache

from tools.data import Package, read_package

PACKAGE = Package(
    "music21",
    "10.5.1",
    "music21-10.5.1-py3-none-any.whl",
    "dc3309498c4c95cebdf8d4f20c868deb6b63bce1d929cad4f51a7ccc982987b1",
)
BOOKS = ["ryansMammoth", "oneills1850"]
METRES = {"C|": 8, "C": 8, "6/8": 6, "2/4": 8, "3/4": 6, "9/8": 9}  # units in a bar
KEYS = ["G", "D", "A", "Bb", "C", "F", "Am", "Em", "Gm", "Dm"]
SIGNS = re.compile(
    r"(?P<many>\(\d)|(?P<bar>\|)|(?P<sharp>\^+|_+|=)?(?P<name>[A-Ga-gz])"
    r"(?P<octave>[,']*)(?P<times>\d*)(?P<slash>/*)(?P<over>\d*)"
    r"(?P<dotted>[<>]*)"
)


@cache
def read_tunes():
    """Read the plain tunes of both books out of the package."""
    tunes = []
    for book in BOOKS:
        files = read_package(PACKAGE, f"music21/corpus/{book}/*.abc")
        for data in files.values():
            tunes += parse(data.decode(errors="replace"))
    return choose_tunes(tunes)


def parse(book):
    """Return title, metre, key and first part of each tune of a file."""
    found = []
    for tune in re.split(r"\n(?=X:)", book.replace("\r", "")):
        head, _, rest = tune.partition("\nK:")
        key, _, body = rest.partition("\n")
        about = re.findall(r"^([A-Z]): *(.*?) *$", head, re.MULTILINE)
        about = dict(about[::-1])  # the first of each
        found.append(
            {
                "title": about.get("T", ""),
                "metre": about.get("M", ""),
                "key": key.strip(),
                "unit": about.get("L", ""),
                "notes": clean(body),
            }
        )
    return found


def clean(body):
    """Keep pitches, lengths, triplets and bars of the first part of a tune."""
    comments, graces, words = r"%.*", r"\{[^}]*\}", r"\"[^\"]*\"|![^!]*!"
    signs = r"[ .~uvTSHkn\t\n\\-]|\((?!\d)|\)"  # bowing, slurs, ornaments
    body = re.sub("|".join([comments, graces, words]), "", body)
    body = re.sub(signs, "", body).lstrip("|:")
    first = re.split(r":\||:?\|\||\[?\|\]|::|\[\||\|:", body)[0]
    return re.sub(r"\|\[?[12]", "|", first).rstrip("|") + "|"


def is_plain(tune):
    """Tell whether a tune is of a common kind, and has notes and bars only."""
    unit = "1/16" if tune["metre"] == "2/4" else "1/8"
    return (
        tune["metre"] in METRES
        and tune["key"] in KEYS
        and tune["unit"] in ("", unit)
        and 40 <= len(tune["notes"]) <= 120
        and re.fullmatch(r"[A-Ga-gz0-9/<>|=^_,'(]+", tune["notes"])
    )


def choose_tunes(tunes):
    """Keep plain tunes; of those with one title or one opening, the first."""
    kept, seen = [], set()
    for tune in filter(is_plain, tunes):
        opening = "".join(re.findall("[a-g]", tune["notes"].lower())[:12])
        marks = {tune["title"].lower(), opening}
        if not marks & seen:
            kept.append(tune)
        seen |= marks
    return kept


def bars_of(notes):
    """Return bars of (name, sharp, length): length in units of the tune."""
    bars, left, factor = [[]], 0, Fraction(1)
    for sign in SIGNS.finditer(notes):
        if sign["many"]:
            left = int(sign["many"][1])  # of so many notes each is shorter
        elif sign["bar"]:
            bars.append([])
        else:
            over = int(sign["over"] or 2) ** len(sign["slash"])
            length = factor * Fraction(int(sign["times"] or 1), over or 1)
            factor = Fraction(1)
            if left:
                length *= Fraction(2, 3)
                left -= 1
            if dotted := sign["dotted"]:
                part = Fraction(1, 2 ** len(dotted))
                first = 2 - part if dotted[0] == ">" else part
                length, factor = length * first, 2 - first
            name = sign["name"] + sign["octave"]
            bars[-1].append((name, sign["sharp"] or "", length))
    return [bar for bar in bars if bar]
