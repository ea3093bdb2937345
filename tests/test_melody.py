"""The experiment on melodies does what its page says, and its record adds up."""

import io
import wave
import zipfile
from fractions import Fraction

import numpy as np
import pytest

from tests.experiments import assert_gradients, needs, run_quick
from tools import data
from tools.results import load, results_path

SOUND = results_path("melody").parents[1] / "melody.wav"
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
def tunes():
    return [
        {"title": "", "metre": "6/8", "key": "G", "notes": "GAB|d3|"},
        {"title": "", "metre": "C", "key": "Am", "notes": "A2|"},
    ]


@pytest.fixture(scope="module")
def alphabet(book, tunes):
    return book.find_alphabet([book.END, *(tune["notes"] for tune in tunes)])


@pytest.fixture(scope="module")
def params(book, alphabet):
    """Draw a network of 3 units, in double precision."""
    rng = np.random.default_rng(0)
    n_y = len(alphabet)
    starts = rng.normal(size=(6, len(book.KINDS)))
    return [starts, *book.init_lstm(rng, n_y, 3), *book.init_readout(rng, 3, n_y)]


# The quick size


@needs(load("melody").PACKAGE)
def test_the_quick_size_shows_what_the_page_says():
    (quick,) = run_quick("melody", "quick")
    losses = [row["held_out"] for row in quick["curve"]]
    # Measured over seeds 0 to 4: the losses fall by 0.34 to 0.42; 0.06 to 0.12 in metre.
    assert losses[0] - 0.15 > losses[-1]
    assert quick["written"]["metre"] < 0.5 < 0.95 < quick["played"]["metre"]


@needs(load("melody").PACKAGE)
def test_half_of_what_is_gained_stands_before_the_second_stroke(book):
    count, in_bar, gained, whole = run_quick("melody", "count", "in_bar", "gained", "whole")
    test = book.split(book.read_tunes(), 4)[2]
    assert sum(count.values()) == sum(len(tune["notes"]) + 1 for tune in test)
    assert in_bar[0] == sum(tune["notes"].index("|") + 1 for tune in test)
    assert np.dot(in_bar[:2], gained[:2]) / whole == pytest.approx(0.5, abs=0.05)
    assert sum(in_bar[:2]) / sum(count.values()) == pytest.approx(0.2, abs=0.02)


def test_same_seed_same_numbers(book, tunes):
    many = [t | {"notes": t["notes"] + "ABcd"[i % 4] * i + "|"} for i in range(12) for t in tunes]
    settings = {"n_a": 2, "m": 4, "passes": 2, "rate": 0.01}
    measured = (
        book.learn(book.split(many, 0), sorted_alphabet(book, many), 1, rng, **settings)[1]
        for rng in map(np.random.default_rng, (0, 0, 1))
    )
    first, again, other = measured
    assert first == again != other


def sorted_alphabet(book, tunes):
    return book.find_alphabet([book.END, *(tune["notes"] for tune in tunes)])


# The tunes


def test_tunes_are_read_out_of_a_book(book):
    one, two, again, odd = book.parse(BOOK)
    assert one == {"title": "One", "metre": "6/8", "key": "G", "unit": "1/8", "notes": ONE}
    assert (two["metre"], two["unit"], again["unit"]) == ("2/4", "1/8", "")
    assert [bool(book.is_plain(tune)) for tune in (one, two, again, odd)] == [1, 0, 1, 0]


def test_of_two_tunes_of_one_name_or_one_beginning_the_first_is_kept(book):
    one, _, again, _ = book.parse(BOOK)
    assert book.choose_tunes([one, again]) == [one]
    other = again | {"title": "other"}
    assert book.choose_tunes([one, other]) == [one, other]
    same = one | {"title": "same", "notes": one["notes"] + "A|"}
    assert book.choose_tunes([one, same]) == [one]


def test_files_are_found_in_the_package(book, monkeypatch, tmp_path):
    with zipfile.ZipFile(tmp_path / book.PACKAGE.file, "w") as wheel:
        wheel.writestr("music21/corpus/ryansMammoth/One.abc", BOOK)
        wheel.writestr("music21/corpus/oneills1850/1-2.abc", BOOK)
    monkeypatch.setattr(data, "CACHE", tmp_path)
    monkeypatch.setattr(data, "is_published", lambda package, content: True)
    assert book.read_tunes.__wrapped__() == [book.parse(BOOK)[0]]


def test_no_tune_is_in_two_parts_and_the_test_is_always_the_same(book):
    parts, other = book.split(range(50), 0), book.split(range(50), 1)
    assert list(map(len, parts)) == [40, 5, 5]
    assert sorted(tune for part in parts for tune in part) == list(range(50))
    assert other[2] == parts[2]
    assert other[1] != parts[1]


# The model


@pytest.mark.parametrize("told", [0, 1])
def test_the_gradient_of_the_model_is_the_slope_of_its_loss(book, tunes, alphabet, params, told):
    one_batch = book.batch(tunes, alphabet, told)
    assert_gradients(lambda params: book.model(params, one_batch, None), params)


def test_what_stands_after_the_end_of_a_tune_is_not_counted(book, tunes, alphabet, params):
    alone = [book.surprise(params, [tune], alphabet, 1) for tune in tunes]
    lengths = [len(tune["notes"]) + 1 for tune in tunes]
    together = book.surprise(params, tunes, alphabet, 1)
    assert together == pytest.approx(np.average(alone, weights=lengths))


def test_the_surprise_of_bars_makes_up_that_of_the_tune(book, alphabet, params):
    notes = "GA|B|d|GGG|A|B|d|A"
    tune = {"metre": "6/8", "key": "G", "notes": notes}
    by_bar = book.surprise_by_bar(params, [tune], alphabet, 1)
    lengths = [len(bar) + 1 for bar in notes.split("|")]
    whole = book.surprise(params, [tune], alphabet, 1)
    assert np.average(by_bar, weights=lengths) == pytest.approx(whole)


def test_metre_and_key_are_all_that_a_network_is_told(book, tunes, alphabet, params):
    assert book.headers(tunes, 1).tolist() == [[2, 1], [6, 12]]
    assert book.headers(tunes, 0).tolist() == [[0, 0], [0, 0]]
    start = book.begin(params, book.headers(tunes, 1))
    expected = params[0][:, 2] + params[0][:, 6]
    np.testing.assert_allclose(np.concatenate(start)[:, 0], expected)


def test_it_writes_what_its_logits_say(book, alphabet):
    # whatever was read, the end is next: nothing is written
    n_y = len(alphabet)
    rng = np.random.default_rng(0)
    params = [np.zeros((2, len(book.KINDS))), *book.init_lstm(rng, n_y, 1)]
    b_y = np.zeros((n_y, 1))
    b_y[alphabet.index(book.END)] = 1000
    silent = [*params, np.zeros((n_y, 1)), b_y]
    assert book.write(silent, alphabet, book.ASKED, 1, rng)["notes"] == ""
    b_y[alphabet.index("A")] = 2000
    written = book.write([*params, np.zeros((n_y, 1)), b_y], alphabet, book.ASKED, 1, rng)
    assert written == book.ASKED | {"title": "", "notes": "A" * 200}


# Judging


def test_notes_are_read_with_their_lengths(book):
    bars = book.play("D/E/F/|B>c (3gab|^c'2_A,3/2|z//=d<<e|".replace(" ", ""))
    half, third = Fraction(1, 2), Fraction(2, 3)
    assert bars == [
        [("D", "", half), ("E", "", half), ("F", "", half)],
        [("B", "", 3 * half), ("c", "", half), *[(name, "", third) for name in "gab"]],
        [("c'", "^", 2), ("A,", "_", 3 * half)],
        [("z", "", Fraction(1, 4)), ("d", "=", Fraction(1, 4)), ("e", "", Fraction(7, 4))],
    ]


def test_metre_and_key_by_hand(book):
    tune = {"metre": "6/8", "key": "G", "notes": "D|GAB c2d|B>cd e2|c3 d2e|G5|".replace(" ", "")}
    assert book.in_metre(tune) == [True, False, True]
    assert book.in_key(tune)
    assert not book.in_key(tune | {"key": "Am"})
    assert not book.in_key(tune | {"notes": ""})
    assert not book.in_key(tune | {"notes": "z2|"})
    for notes, ends_on_g in (("dBG2z|", True), ("GBd2z2|z|", False)):
        assert book.in_key({"key": "G", "notes": notes}) is ends_on_g


def test_copies_by_hand(book):
    seen = [{"notes": "A|B|c|d|e|"}, {"notes": "G|G|"}]
    written = [{"notes": "B|c|d|G|"}, {"notes": "G|G|"}]
    assert book.copied(written, seen, 1) == 1
    assert book.copied(written, seen, 2) == 0.75
    assert book.copied(written, seen, 4) == 0


# Seeing and hearing


def test_pitches_by_hand(book):
    bars = book.pitches({"key": "D", "notes": "CF^c=c|c'zB,|"})
    assert [[note[:2] for note in bar] for bar in bars] == [
        [(0, 1), (3, 6), (7, 13), (7, 12)],  # both Cs of the key are sharp
        [(14, 25), (None, None), (-1, -1)],
    ]
    (flat,) = book.pitches({"key": "Gm", "notes": "B_B^BE|"})
    assert [semitones for _, semitones, _ in flat] == [10, 10, 12, 3]


def test_the_tune_on_the_page_is_what_its_text_alternative_says(book):
    tune = book.shown_tune()
    bars = book.play(tune["notes"])
    assert len(bars) == 14
    assert sum(length for *_, length in bars[0]) < 6
    right = book.in_metre(tune)
    assert (sum(right), len(right)) == (8, 12)
    assert bars[-1][-1][0] == "b"


@needs(load("melody").PACKAGE)
def test_four_bars_of_the_tune_on_the_page_stand_in_the_books(book):
    tunes = book.read_tunes()
    assert book.copied([book.shown_tune()], tunes, 1) == pytest.approx(4 / 14, abs=1e-4)
    assert book.copied([book.shown_tune()], tunes, 2) == 0
    assert book.copied(tunes[:3], tunes, 1) == 1  # it would be found


def test_a_note_is_drawn_without_its_dot_and_its_triplet(book):
    half, third = Fraction(1, 2), Fraction(1, 3)
    lengths = [1, 2, 3, 4, half, 3 * half, 2 * third, third, 4 * third]
    plain = [book.plain(Fraction(length)) for length in lengths]
    assert plain == [
        *[(1, 0), (2, 0), (2, 1), (4, 0), (half, 0), (1, 1)],
        *[(1, 0), (half, 0), (2, 0)],  # of triplets
    ]


def test_notes_of_a_beat_share_a_beam(book):
    import matplotlib.pyplot as plt  # here: who collects the tests need not load it

    def beams(notes):
        """Say where each thick line of a bar begins and ends, from left to right."""
        figure, axes = plt.subplots()
        book.draw_line(axes, book.pitches({"key": "D", "notes": notes}), "D")
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


def test_each_key_has_its_signature(book):
    assert set(book.SIGNATURES) == set(book.KEYS)
    assert book.signature("A") == {"F": 1, "C": 1, "G": 1}
    assert book.signature("Gm") == {"B": -1, "E": -1}
    assert book.signature("C") == {}


def test_a_note_that_the_key_does_not_have_gets_its_sign(book):
    (bar,) = book.pitches({"key": "D", "notes": "F^G=F_BGf|"})
    signs = [book.strange_sign(step, semitones, "D") for step, semitones, _ in bar]
    assert signs == ["", "\u266f", "\u266e", "\u266d", "\u266f", ""]


def test_the_loudest_frequency_of_a_note_is_its_pitch(book):
    samples = book.sound({"key": "C", "notes": "A8z2|"}).astype(float)
    assert len(samples) == 8000 * 2
    assert (samples[-3000:] == 128).all()  # a rest is silence
    heard = np.abs(np.fft.rfft(samples[:8000] - 128)).argmax()  # a second: in Hz
    assert heard == 440


def test_the_sound_is_what_its_code_makes(book):
    """Another machine's sine may round to the next of 256 steps."""
    with wave.open(io.BytesIO(SOUND.read_bytes())) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 1, 8000)
        samples = np.frombuffer(file.readframes(file.getnframes()), np.uint8)
    made = book.sound(book.shown_tune())
    again = "python -c \"from tools.results import load; load('melody').write_sound('PATH')\""
    assert samples.shape == made.shape, f"make it again: {again.replace('PATH', str(SOUND))}"
    assert abs(samples.astype(int) - made).max() <= 1, again.replace("PATH", str(SOUND))
    assert SOUND.stat().st_size <= 150_000  # fetched only when it is played


def test_the_sound_is_written_as_it_is_made(book, tmp_path):
    book.write_sound(tmp_path / "made.wav")
    assert abs(len((tmp_path / "made.wav").read_bytes()) - SOUND.stat().st_size) == 0


# The record of the full size


def test_the_record_was_made_with_the_settings_on_the_page(book, record, full):
    assert record["seeds"] == book.SEEDS
    assert full["settings"] == book.FULL
    assert record["cpu_seconds"] < 600


def test_the_record_adds_up(book, full):
    gain = full["not told"]["nats"]["mean"] - full["told"]["nats"]["mean"]
    assert full["gain"]["mean"] == pytest.approx(gain, abs=2e-4)
    judged = [full["played"], full["told"]["written"], full["not told"]["written"]]
    spreads = [full["gain"], *(full[name]["nats"] for name in ("told", "not told"))]
    for each in judged:
        spreads += [each["metre"], each["key"], *each["copied"].values()]
    for spread in spreads:
        assert spread["lowest"] <= spread["mean"] <= spread["highest"]
    for name in ("told", "not told"):
        assert len(full[name]["by_bar"]) == 8
        assert len(full[name]["asked"]) == len(full[name]["curves"]) == len(book.SEEDS)
        assert {len(curve) for curve in full[name]["curves"]} == {full["settings"]["passes"]}


def test_what_was_measured_is_put_together(book):
    def run(nats, share):
        copies = {"1": share, "2": 0.0, "4": 0.0}
        judged = {"metre": share, "key": share / 2, "copied": copies}
        by_bar, row = [nats] * 8, {"training": 1.0, "held_out": nats}
        return {
            **{"nats": nats, "by_bar": by_bar, "curve": [row], "asked": "A|", "tunes": 7},
            **{"written": judged, "played": judged},
        }

    measured = {f"told, seed {k}": run(1 + k / 8, k / 4) for k in book.SEEDS}
    measured |= {f"not told, seed {k}": run(2 + k / 4, 0.5) for k in book.SEEDS}
    summary = book.summarise(measured)
    assert summary["gain"] == {"mean": 1.25, "lowest": 1.0, "highest": 1.5}
    assert summary["told"]["nats"] == {"mean": 1.25, "lowest": 1.0, "highest": 1.5}
    assert summary["told"]["by_bar"] == [1.25] * 8
    assert summary["told"]["written"]["key"] == {"mean": 0.25, "lowest": 0.0, "highest": 0.5}
    assert summary["not told"]["written"]["copied"]["1"]["mean"] == 0.5
    assert summary["tunes"] == 7


def test_the_full_size_shows_what_the_page_says(full):
    told, blind, played = full["told"], full["not told"], full["played"]
    assert full["gain"]["lowest"] > 0  # for every seed it helps to be told
    assert max(told["nats"]["mean"], blind["nats"]["mean"]) < 1.8
    # metre and key: being told helps, and is not enough
    for key in ("metre", "key"):
        shares = [it[key]["mean"] for it in (blind["written"], told["written"], played)]
        assert shares == sorted(shares)
    # not copies: less of the training than in tunes that people played
    for n in (1, 2, 4):
        assert told["written"]["copied"][n]["mean"] <= played["copied"][n]["mean"]
    assert told["written"]["copied"][4]["highest"] < 0.01
    assert told["written"]["copied"][2]["highest"] < 0.01
    # it overfits
    for name in ("told", "not told"):
        held_out = np.mean([[r["held_out"] for r in c] for c in full[name]["curves"]], axis=0)
        training = np.mean([[r["training"] for r in c] for c in full[name]["curves"]], axis=0)
        assert held_out[-1] > held_out.min() + 0.01
        assert training[-1] < training[held_out.argmin()] - 0.05
