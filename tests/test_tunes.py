"""Tunes are read out of their books, drawn and played: tools/tunes.py and tools/engrave.py."""

import wave
import zipfile
from fractions import Fraction

import numpy as np
import pytest

from tools import data, tunes
from tools.tunes import bars_of, choose_tunes, is_plain, parse

pytestmark = pytest.mark.untraced

BOOK = (
    "X: 1\nT: One\nT: too\nM: 6/8\nL: 1/8\nK: G\n"
    '(D/E/F/)|"Am"G{ab}AB ~c2d|1 vB>cd .e2 f \\\n|(3gab g2f e2d|  % a comment\n'
    "c3 ^B3|_A3 =B3|D,2E d'3|G6 :|\n|: abc def|g6|\n\n"
    "X: 2\nT: Two\nM: 2/4\nL: 1/8\nK: D\n"
    "DEFG|ABcd|efga|bagf|edcB|AGFE|DEFG|ABcd|efga|D4|\n\n"
    "X: 3\nT: ONE\nM: 3/4\nK: Am\n"
    "A2B2c2|d2e2f2|g2a2b2|a2g2f2|e2d2c2|B2A2G2|A6||\nX: 4\nM: C\nK: Bphr\nABc|\n"
)
ONE = "D/E/F/|GABc2d|B>cde2f|(3gabg2fe2d|c3^B3|_A3=B3|D,2Ed'3|G6|"


@pytest.fixture(scope="module")
def engrave():
    """Import it here: who collects the tests need not load matplotlib."""
    from tools import engrave

    return engrave


# -- reading


def test_tunes_are_read_out_of_a_book():
    one, two, again, odd = parse(BOOK)
    assert one == {"title": "One", "metre": "6/8", "key": "G", "unit": "1/8", "notes": ONE}
    assert (two["metre"], two["unit"], again["unit"]) == ("2/4", "1/8", "")
    assert [bool(is_plain(tune)) for tune in (one, two, again, odd)] == [1, 0, 1, 0]


def test_of_two_tunes_of_one_name_or_one_beginning_the_first_is_kept():
    one, _, again, _ = parse(BOOK)
    assert choose_tunes([one, again]) == [one]
    other = again | {"title": "other"}
    assert choose_tunes([one, other]) == [one, other]
    same = one | {"title": "same", "notes": one["notes"] + "A|"}
    assert choose_tunes([one, same]) == [one]


def test_files_are_found_in_the_package(monkeypatch, tmp_path):
    with zipfile.ZipFile(tmp_path / tunes.PACKAGE.file, "w") as wheel:
        wheel.writestr("music21/corpus/ryansMammoth/One.abc", BOOK)
        wheel.writestr("music21/corpus/oneills1850/1-2.abc", BOOK)
    monkeypatch.setattr(data, "CACHE", tmp_path)
    monkeypatch.setattr(data, "is_published", lambda package, content: True)
    assert tunes.read_tunes.__wrapped__() == [parse(BOOK)[0]]


def test_notes_are_read_with_their_lengths():
    bars = bars_of("D/E/F/|B>c (3gab|^c'2_A,3/2|z//=d<<e|".replace(" ", ""))
    half, third = Fraction(1, 2), Fraction(2, 3)
    assert bars == [
        [("D", "", half), ("E", "", half), ("F", "", half)],
        [("B", "", 3 * half), ("c", "", half), *[(name, "", third) for name in "gab"]],
        [("c'", "^", 2), ("A,", "_", 3 * half)],
        [("z", "", Fraction(1, 4)), ("d", "=", Fraction(1, 4)), ("e", "", Fraction(7, 4))],
    ]


# -- drawing


def test_pitches_by_hand(engrave):
    bars = engrave.pitches({"key": "D", "notes": "CF^c=c|c'zB,|"})
    assert [[note[:2] for note in bar] for bar in bars] == [
        [(0, 1), (3, 6), (7, 13), (7, 12)],  # both Cs of the key are sharp
        [(14, 25), (None, None), (-1, -1)],
    ]
    (flat,) = engrave.pitches({"key": "Gm", "notes": "B_B^BE|"})
    assert [semitones for _, semitones, _ in flat] == [10, 10, 12, 3]


def test_a_note_is_drawn_without_its_dot_and_its_triplet(engrave):
    half, third = Fraction(1, 2), Fraction(1, 3)
    lengths = [1, 2, 3, 4, half, 3 * half, 2 * third, third, 4 * third]
    plain = [engrave.plain(Fraction(length)) for length in lengths]
    assert plain == [
        *[(1, 0), (2, 0), (2, 1), (4, 0), (half, 0), (1, 1)],
        *[(1, 0), (half, 0), (2, 0)],  # of triplets
    ]


def test_notes_of_a_beat_share_a_beam(engrave):
    import matplotlib.pyplot as plt

    def beams(notes):
        """Say where each thick line of a bar begins and ends, from left to right."""
        figure, axes = plt.subplots()
        engrave.draw_line(axes, engrave.pitches({"key": "D", "notes": notes}), "D")
        thick = [line.get_xdata() for line in axes.lines if line.get_linewidth() == 3]
        plt.close(figure)
        return sorted(tuple(np.round(x, 2)) for x in thick)

    six = beams("DEFGAB|")
    assert len(six) == 4  # two beats: two pieces in each
    assert six[0][1] == six[1][0]
    assert six[1][1] < six[2][0]  # and none between the beats
    assert beams("D2EF2G|") == []  # flags
    dotted = beams("D>EF|")
    assert len(dotted) == 3
    assert sum(end - start < 2 for start, end in dotted) == 1  # half of a second beam


def test_each_key_has_its_signature(engrave):
    assert set(engrave.SIGNATURES) == set(tunes.KEYS)
    assert engrave.signature("A") == {"F": 1, "C": 1, "G": 1}
    assert engrave.signature("Gm") == {"B": -1, "E": -1}
    assert engrave.signature("C") == {}


def test_a_note_that_the_key_does_not_have_gets_its_sign(engrave):
    (bar,) = engrave.pitches({"key": "D", "notes": "F^G=F_BGf|"})
    signs = [engrave.strange_sign(step, semitones, "D") for step, semitones, _ in bar]
    assert signs == ["", "\u266f", "\u266e", "\u266d", "\u266f", ""]


def test_a_tune_is_drawn_in_lines_and_every_note_has_its_head(engrave):
    import matplotlib.pyplot as plt

    tune = {"metre": "6/8", "key": "D", "notes": "A|DFAd2z|B3A3|D6|"}
    figure = engrave.draw_tune(tune, [0, 2])
    heads = [len(axes.patches) for axes in figure.axes]
    metres = [sum(text.get_text() in "68" for text in axes.texts) for axes in figure.axes]
    plt.close(figure)
    assert heads == [5, 3]
    assert metres == [2, 0]  # 6 and 8, in the first line only


# -- playing


def test_the_loudest_frequency_of_a_note_is_its_pitch(engrave):
    samples = engrave.sound({"key": "C", "notes": "A8z2|"}).astype(float)
    assert len(samples) == 8000 * 2
    assert (samples[-3000:] == 128).all()  # a rest is silence
    heard = np.abs(np.fft.rfft(samples[:8000] - 128)).argmax()  # a second: in Hz
    assert heard == 440


def test_the_sound_is_written_as_it_is_made(engrave, tmp_path):
    tune = {"key": "D", "notes": "DFA|"}
    engrave.write_sound(tune, tmp_path / "made.wav")
    with wave.open(str(tmp_path / "made.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 1, 8000)
        samples = np.frombuffer(file.readframes(file.getnframes()), np.uint8)
    np.testing.assert_array_equal(samples, engrave.sound(tune))
