"""The assembled program trains, writes, stops and goes on as docs/char-lstm.md says."""

import contextlib
import hashlib
import io
import os
import re
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from snippets import char_lstm as program
from snippets import clipping, gru, lstm, optimizers, readout, sampling
from snippets import text as bricks
from snippets.char_lstm import init_model, load, main, model
from snippets.checkpoints import save_checkpoint
from tests.guards.markdown import read_page
from tests.numeric import error, slope

ROOT = Path(__file__).parents[1]
FILE = ROOT / "snippets/char_lstm.py"
EXCERPT = ROOT / "docs/experiments/data/shakespeare_excerpt.txt"
SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13, "n_y": 23}
TINY = ["--units", "4", "--length", "8", "--batch", "2"]
AGAIN = f"train input.txt --checkpoint kept.npz {' '.join(TINY)}"
BOTH = pytest.mark.parametrize(
    ("cell", "n_e"), [(cell, n_e) for cell in ("lstm", "gru") for n_e in (0, 3)]
)


ALPHABET = "aeghï"
CODES = np.array([ord(symbol) for symbol in ALPHABET], "<u4")


def exercise():
    """Run what holds shapes at SIZES, for the shape comments."""
    n_x, m, n_a, T, n_y = SIZES.values()
    rng = np.random.default_rng(0)
    for cell in ("lstm", "gru"):
        params = init_model(cell, rng, n_y, n_a, n_x)
        piece = rng.integers(n_y, size=(T + 1, m))
        model(cell, params, piece, None)
    run, about = program.Run(1, params, params, params, []), {"cell": cell, "alphabet": "a" * n_y}
    with contextlib.redirect_stdout(io.StringIO()), pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "load", lambda path: (run, about))
        patch.setattr(program, "read", lambda *given: (rng.normal(size=(1, n_y, 1)), None))
        program.sample(None, 1.0, "", 1, None)  # it writes one text, so its m is 1


def case(cell, n_e, dtype=np.float64, n_y=5, n_a=4, T=6, m=2):
    """Draw a model, a piece of text and a state."""
    rng = np.random.default_rng(0)
    params = init_model(cell, rng, n_y, n_a, n_e, dtype)
    state = program.State(*rng.normal(size=(2, n_a, m)).astype(dtype))
    return params, rng.integers(n_y, size=(T + 1, m)).astype(np.uint8), state


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stand in an empty folder with a text."""
    monkeypatch.chdir(tmp_path)
    text = EXCERPT.read_text(encoding="utf-8")
    Path("input.txt").write_text(text[:20_000], encoding="utf-8")
    Path("short.txt").write_text("so it is", encoding="utf-8")
    Path("empty.txt").write_bytes(b"")
    Path("latin.txt").write_bytes("voilà ".encode("latin-1") * 99)
    return tmp_path


def run(*words):
    """Do what a command line says; return its exit code, or what stands for 1."""
    try:
        main([*words])
    except SystemExit as end:
        return end.code
    return 0


def apart(weights):
    """Take stacks of weights apart, into the order of the cells: gate by gate."""
    return [w for gate in zip(*weights, strict=True) for w in gate]


# The model


@BOTH
def test_the_gradient_is_the_slope_of_the_loss(cell, n_e):
    params, piece, state = case(cell, n_e)
    _, gradients, _ = model(cell, params, piece, state)
    for array, gradient in zip(params, gradients, strict=True):
        numeric = slope(lambda: model(cell, params, piece, state)[0], array)
        assert error(gradient, numeric) < 1e-6


@BOTH
def test_embeddings_are_learned_and_one_hots_are_not(cell, n_e):
    params, piece, state = case(cell, n_e)
    settings = {"cell": cell, "embedding": n_e, "alphabet": ALPHABET}
    zeros = [np.zeros_like(w) for w in params]
    before = program.Run(0, params, zeros, zeros, state)
    now, _ = program.advance(before, settings, CODES[piece][None], 0.1)
    for before, after in zip(params[:-1], now.params[:-1], strict=True):
        assert (before != after).any()
    assert (now.params[-1] != params[-1]).any() == bool(n_e)
    if not n_e:
        np.testing.assert_array_equal(now.params[-1], np.eye(5))


@pytest.mark.parametrize("n_e", [0, 3])
def test_it_draws_the_weights_that_the_other_snippets_draw(n_e):
    for cell, init in {"lstm": lstm.init_lstm, "gru": gru.init_gru}.items():
        drawn = init_model(cell, np.random.default_rng(0), 5, 4, n_e, float)
        rng = np.random.default_rng(0)
        if n_e:
            np.testing.assert_array_equal(drawn[-1], rng.normal(size=(3, 5)))
        wanted = [*init(rng, n_e or 5, 4), *readout.init_readout(rng, 4, 5)]
        got = [*apart(drawn[:-3]), *drawn[-3:-1]]
        for one, other in zip(got, wanted, strict=True):
            np.testing.assert_array_equal(one, other)


@BOTH
def test_it_computes_what_the_other_snippets_compute_to_the_bit(cell, n_e):
    params, piece, state = case(cell, n_e, np.float32)
    *weights, W_ya, b_y, E = params
    brick, make = {"lstm": (lstm, lstm.LSTMParams), "gru": (gru, gru.GRUParams)}[cell]
    weights, read_out = make(*apart(weights)), readout.ReadoutParams(W_ya, b_y)
    state_0 = {"lstm": lstm.LSTMState(*state), "gru": gru.GRUState(state.a)}[cell]
    a, after, tape = getattr(brick, f"{cell}_forward")(
        weights, bricks.embed(E, piece[:-1]), state_0
    )
    z, readout_tape = readout.readout_forward(read_out, a)
    wanted, dz = readout.cross_entropy(z, bricks.one_hot(piece[1:], 5, dtype=np.float32))
    d_readout, da = readout.readout_backward(read_out, readout_tape, dz)
    d_weights, de, _ = getattr(brick, f"{cell}_backward")(weights, tape, da)
    dE = bricks.embed_backward(E, piece[:-1], de)
    loss, gradients, state = model(cell, params, piece, state)
    assert loss == wanted
    apart_gradients = [*apart(gradients[:-3]), *gradients[-3:]]
    for got, want in zip(apart_gradients, [*d_weights, *d_readout, dE], strict=True):
        np.testing.assert_array_equal(got, want)
        assert got.dtype == np.float32
    for got, want in zip(state, after, strict=cell == "lstm"):  # a GRU has no second state
        np.testing.assert_array_equal(got, want)
    clipped = program.clip(gradients, 0.01)
    for got, want in zip(clipped, clipping.clip_by_global_norm(gradients, 0.01)[0], strict=True):
        np.testing.assert_array_equal(got, want)
    memory = optimizers.init_adam(params)
    rows = [(w, 0 * w, 0 * w) for w in params]
    for step in (1, 2, 3):
        params, memory = optimizers.adam(params, clipped, memory, learning_rate=0.1)
        for i, (w, *two) in enumerate(rows):
            rows[i] = program.adam(w, clipped[i], *two, step, 0.1)
            for got, want in zip(rows[i], (params, memory.mean, memory.square), strict=True):
                np.testing.assert_array_equal(got, want[i])
                assert got.dtype == np.float32


@pytest.mark.parametrize("size", [0.0, 1e-200, 0.25, 0.5, 1.0, 3.0, 1e200])
def test_it_clips_as_clipping_does(size):
    gradients = [np.full((2, 1), size), np.full(2, -size), np.zeros((0, 3))]
    wanted, _ = clipping.clip_by_global_norm(gradients, 1.0)
    for got, want in zip(program.clip(gradients, 1.0), wanted, strict=True):
        np.testing.assert_array_equal(got, want)


@BOTH
def test_a_piece_may_be_of_one_step(cell, n_e):
    params, piece, state = case(cell, n_e)
    _, gradients, _ = model(cell, params, piece[:2], state)
    numeric = slope(lambda: model(cell, params, piece[:2], state)[0], params[0])
    assert error(gradients[0], numeric) < 1e-6


@BOTH
def test_without_a_state_it_begins_with_zeros(cell, n_e):
    params, piece, state = case(cell, n_e)
    zeros = program.State(*(0 * a for a in state))
    one, other = (model(cell, params, piece, begin) for begin in (None, zeros))
    assert one[0] == other[0]
    np.testing.assert_array_equal(one[2], other[2])


def test_it_writes_what_sampling_generates(kept, capsys):
    now, about = load(kept / "kept.npz")

    def predict(token, state):
        z, state, *_ = program.read("lstm", now.params, np.array([[token]]), state)
        return z[0].astype(float), state

    rng, prompt = np.random.default_rng(3), bricks.encode("O ", about["alphabet"])
    choose = partial(sampling.draw, rng=rng, temperature=0.7)
    tokens = sampling.generate(predict, None, prompt, 40, choose)
    program.sample(kept / "kept.npz", temperature=0.7, prompt="O ", length=40, seed=3)
    written = capsys.readouterr().out
    assert written == "O " + "".join(about["alphabet"][token] for token in tokens) + "\n"


def test_the_rate_falls_with_the_root_of_the_updates(monkeypatch):
    rates = []
    monkeypatch.setattr(program, "adam", lambda *args: rates.append(args[-2:]) or (0, 0, 0))
    params, piece, state = case("gru", 0)
    about = {"cell": "gru", "embedding": None, "alphabet": ALPHABET}
    for step in (0, 1500):
        before = program.Run(step, params, params, params, state)
        program.advance(before, about, CODES[piece][None], 0.5)
    assert {*rates} == {(1, 0.5), (1501, 0.25)}


def test_gradients_are_clipped_to_one(monkeypatch):
    params, piece, state = case("gru", 3)
    params[-3] *= 1e3  # W_ya: steep
    norms = []
    monkeypatch.setattr(program, "adam", lambda w, g, *rest: norms.append((g**2).sum()) or (w,) * 3)
    about = {"cell": "gru", "embedding": 3, "alphabet": ALPHABET}
    program.advance(program.Run(0, params, params, params, state), about, CODES[piece][None], 0.5)
    assert sum(norms) == pytest.approx(1)


# Text


@pytest.mark.parametrize("size", [1, 5, 1 << 20, (1 << 21) + 3])
def test_a_text_becomes_the_tokens_that_text_makes_of_it(tmp_path, monkeypatch, size):
    path = tmp_path / "text.txt"
    written = ("Zoë läuft 中\U0001f600\r\nheim\n" * (size // 10 + 1))[:size]
    path.write_bytes(b"\xef\xbb\xbf" + written.encode())
    sizes = []
    real = program.code_points
    monkeypatch.setattr(program, "code_points", lambda text: sizes.append(len(text)) or real(text))
    codes, alphabet, _ = program.read_text(path)
    assert max(sizes) <= 1 << 20  # whatever the length of the text
    assert alphabet == bricks.find_alphabet(bricks.read_text(path))
    tokens = program.encode(codes, alphabet)
    np.testing.assert_array_equal(tokens, bricks.encode_file(path, alphabet))
    if size > 4:  # enough for a piece
        np.testing.assert_array_equal(program.pieces(codes, 2, 2), bricks.pieces(codes, 2, 2))


def test_two_texts_of_the_same_characters_are_told_apart(tmp_path):
    hashes = []
    for text in ("to be", "be to", "to be"):
        (tmp_path / "text.txt").write_text(text)
        hashes.append(program.read_text(tmp_path / "text.txt")[2])
    assert hashes[0] == hashes[2] != hashes[1]


# Train and sample


@pytest.mark.process
def test_it_runs_alone_with_nothing_but_numpy(folder):
    shutil.copy(FILE, folder)
    shutil.copy(EXCERPT, folder / "input.txt")

    def python(*words):
        command = [sys.executable, "-I", "-W", "error", "char_lstm.py", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    log = python("train", "input.txt", "--units", "32", "--steps", "60", "--every", "20")
    rows = re.findall(r"step (\d+) +loss ([\d.]+) +held out ([\d.]+)", log)
    assert [row[0] for row in rows] == ["20", "40", "60"]
    for losses in ([float(row[1]) for row in rows], [float(row[2]) for row in rows]):
        assert np.log(70) > losses[0] > losses[1] > losses[2]
    words = ["sample", "--prompt", "Enter ", "--length", "80", "--seed", "1"]
    written = python(*words)
    assert written.startswith("Enter ")
    assert len(written) == len("Enter ") + 80 + 1
    assert python(*words) == written


@BOTH
def test_to_resume_is_not_to_have_stopped(cell, n_e, folder):
    words = ["train", "input.txt", *TINY, "--cell", cell, *(["--embedding", "3"] if n_e else [])]
    assert run(*words, "--checkpoint", "whole.npz", "--steps", "9") == 0
    words += ["--checkpoint", "parts.npz"]
    assert run(*words, "--steps", "4", "--every", "3") == 0
    assert load(Path("parts.npz"))[0].step == 4
    assert run(*words, "--steps", "9") == 0
    assert Path("parts.npz").read_bytes() == Path("whole.npz").read_bytes()
    assert run(*words, "--steps", "9", "--every", "3") == 0  # there is nothing left to do
    assert Path("parts.npz").read_bytes() == Path("whole.npz").read_bytes()


def test_the_network_writes(kept, capsys, monkeypatch):
    def written(*words):
        assert run("sample", "--checkpoint", str(kept / "kept.npz"), *words) == 0
        return capsys.readouterr().out[:-1]

    now, about = load(kept / "kept.npz")
    text = written("--prompt", "O ", "--length", "60", "--seed", "1")
    assert (text[:2], len(text)) == ("O ", 62)
    assert written("--prompt", "O ", "--length", "60", "--seed", "1") == text
    assert written("--prompt", "O ", "--length", "60", "--seed", "2") != text
    assert written() != written()
    assert len(written()) == 500
    # so bold that each is the likeliest after all before it, read anew in one go
    greedy = written("--temperature", "1e-9", "--prompt", "O ", "--length", "30")
    tokens = bricks.encode(greedy, about["alphabet"])[:, None]
    z, *_ = program.read("lstm", now.params, tokens, None)
    np.testing.assert_array_equal(z[1:-1, :, 0].argmax(axis=1), tokens[2:, 0])


def test_with_no_prompt_it_reads_the_first_of_the_alphabet(kept, monkeypatch):
    def read(*given):
        tokens.append(given[2].tolist())
        return real(*given)

    tokens, real = [], program.read
    monkeypatch.setattr(program, "read", read)
    assert run("sample", "--checkpoint", str(kept / "kept.npz"), "--length", "1") == 0
    assert tokens == [[[0]]]


def test_it_runs_as_a_script(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["char_lstm.py", "--help"])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(FILE), run_name="__main__")
    assert end.value.code == 0
    assert "Let a trained network write" in capsys.readouterr().out


def test_a_pass_begins_with_a_blank_state_and_carries_it_on(folder, monkeypatch):
    states = []

    def watched(cell, params, piece, state):
        states.append(state)
        return model(cell, params, piece, state)

    monkeypatch.setattr(program, "model", watched)
    run("train", "input.txt", "--units", "4", "--length", "24", "--batch", "40", "--steps", "39")
    blank = [step for step, state in enumerate(states) if state is None]
    assert blank == [0, 19, 38]


def test_time_is_up(folder, monkeypatch):
    clock = iter(range(10**6))
    monkeypatch.setattr(program.time, "perf_counter", lambda: 30 * next(clock))
    assert run("train", "input.txt", *TINY, "--minutes", "4") == 0
    assert load(Path("char_lstm.npz"))[0].step == 7  # it looks once before each


def test_the_log_says_loss_and_speed(folder, monkeypatch, capsys):
    clock, losses = iter([0, 0, 0, 8, 8, 10]), iter([1, 2, 3])  # seconds
    monkeypatch.setattr(program.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(program, "model", lambda *given: (next(losses), *model(*given)[1:]))
    monkeypatch.setattr(program, "measure", lambda *given: 0.25)
    assert run("train", "input.txt", *TINY, "--steps", "3", "--every", "2") == 0
    assert capsys.readouterr().out == (
        "step 2       loss 1.500   held out 0.250   4 characters/s\n"
        "step 3       loss 3.000   held out 0.250   5 characters/s\n"
    )


def test_what_is_measured_is_the_loss_of_the_text_held_out(folder, capsys):
    run("train", "input.txt", *TINY, "--steps", "1")
    (now, about), path = load(Path("char_lstm.npz")), Path("input.txt")
    text = path.read_text(encoding="utf-8")[-1000:]
    cut = bricks.pieces(bricks.encode(text, about["alphabet"]), 8, 2)[:50]
    tokens = np.concatenate([cut[0], *cut[1:, 1:]])  # each column in one go
    loss, *_ = model("lstm", now.params, tokens, None)
    said = float(re.search(r"held out ([\d.]+)", capsys.readouterr().out)[1])
    assert said == pytest.approx(loss, abs=6e-4)


def test_what_is_held_out_is_not_learned(folder, monkeypatch):
    seen = []
    monkeypatch.setattr(program, "advance", lambda now, about, text, _: (seen.append(text), 1 / 0))
    with pytest.raises(ZeroDivisionError):
        run("train", "input.txt", *TINY)
    text = Path("input.txt").read_text(encoding="utf-8")[:19_000]
    codes = np.frombuffer(text.encode("utf-32-le"), "<u4")
    np.testing.assert_array_equal(seen[0], bricks.pieces(codes, 8, 2))


# What goes wrong


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("train none.txt", "No such file or directory: 'none.txt'"),
        ("train empty.txt", "cannot mmap an empty file"),
        ("train latin.txt", "expected UTF-8 in latin.txt"),
        ("train short.txt", "expected 20500 characters or more"),
        ("train input.txt --length 5000", "expected 3200020 characters or more"),
        ("train input.txt --checkpoint kept.npz --batch 4", "has other units, length, batch"),
        (f"{AGAIN} --units 9", "kept.npz has other units"),
        (f"{AGAIN} --seed 9", "kept.npz has other seed"),
        (f"{AGAIN} --embedding 9", "kept.npz has other embedding"),
        (AGAIN.replace("input", "other"), "kept.npz has other alphabet, text"),
        (AGAIN.replace("input", "part"), "kept.npz has other text"),
        (AGAIN.replace("kept", "cut"), "no whole checkpoint of this version: cut.npz"),
        (AGAIN.replace("kept", "later"), "no whole checkpoint of this version: later.npz"),
        ("train input.txt --cell rnn", "--cell: invalid choice: 'rnn'"),
        ("train input.txt --units 0", "expected --units above 0, got 0"),
        ("train input.txt --units 1.5", "--units: invalid int value: '1.5'"),
        ("train input.txt --embedding -1", "expected --embedding above 0, got -1"),
        ("train input.txt --rate nan", "expected --rate above 0, got nan"),
        ("train", "the following arguments are required: text"),
        ("", "the following arguments are required: {train,sample}"),
        ("sample", "No such file or directory: 'char_lstm.npz'"),
        ("sample --checkpoint input.txt", "no whole checkpoint of this version: input.txt"),
        ("sample --checkpoint empty.txt", "no whole checkpoint of this version: empty.txt"),
        ("sample --checkpoint cut.npz", "no whole checkpoint of this version: cut.npz"),
        ("sample --checkpoint altered.npz", "no whole checkpoint of this version: altered.npz"),
        ("sample --checkpoint later.npz", "no whole checkpoint of this version: later.npz"),
        ("sample --checkpoint other.npz", "no whole checkpoint of this version: other.npz"),
        ("sample --checkpoint kept.npz --prompt 'O é#'", "the network has never seen '#é'"),
        ("sample --temperature 0", "expected --temperature above 0, got 0.0"),
        ("sample --temperature -1", "expected --temperature above 0, got -1.0"),
        ("sample --temperature hot", "--temperature: invalid float value: 'hot'"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(words, said, kept, capsys, monkeypatch):
    before = {path: path.read_bytes() for path in kept.iterdir()}
    monkeypatch.chdir(kept)
    assert run(*shlex.split(words)) == 2
    *_, sentence = capsys.readouterr().err.strip().split("\n")
    assert sentence.startswith("char_lstm.py")
    assert said in sentence
    assert {path: path.read_bytes() for path in kept.iterdir()} == before


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Give a folder with texts, a checkpoint, and files that are none."""
    folder = tmp_path_factory.mktemp("kept")
    text = EXCERPT.read_text(encoding="utf-8")[:20_000]
    (folder / "input.txt").write_text(text, encoding="utf-8")
    (folder / "part.txt").write_text(text[:-1], encoding="utf-8")
    (folder / "short.txt").write_text("so it is", encoding="utf-8")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "latin.txt").write_bytes("voilà ".encode("latin-1") * 99)
    path = folder / "kept.npz"
    words = ["train", str(folder / "input.txt"), *TINY, "--checkpoint", str(path)]
    assert run(*words, "--steps", "2") == 0
    whole = path.read_bytes()
    (folder / "cut.npz").write_bytes(whole[:-1])
    (folder / "altered.npz").write_bytes(whole.replace(b"alphabet", b"alphabex"))
    (folder / "other.txt").write_text("#@" * 2000, encoding="utf-8")
    save_checkpoint(folder / "other.npz", {}, {})
    loaded = load(path)
    with pytest.MonkeyPatch.context() as later:
        later.setattr(program, "MARK", b"checkpoint 2 of char_lstm.py")
        program.save(folder / "later.npz", *loaded)
    return folder


def test_a_run_that_diverges_leaves_the_checkpoint(folder):
    words = ["train", "input.txt", *TINY]
    assert run(*words, "--steps", "2") == 0
    before = Path("char_lstm.npz").read_bytes()
    said = "char_lstm.py: the loss diverged: try a smaller --rate"  # Python's exit code is 1
    words += ["--steps", "9"]
    assert run(*words, "--rate", "1e38") == said  # the next loss tells
    assert run(*words, "--rate", "1e38", "--every", "1") == said  # the loss held out tells
    assert Path("char_lstm.npz").read_bytes() == before
    assert run(*words, "--rate", "1e-3") == 0
    assert load(Path("char_lstm.npz"))[0].step == 9


def test_a_loss_that_diverged_counts_when_the_next_is_a_number_again(folder, monkeypatch):
    losses = iter([1.0, np.inf, 1.0])
    monkeypatch.setattr(program, "model", lambda *given: (next(losses), *model(*given)[1:]))
    assert "diverged" in run("train", "input.txt", *TINY, "--steps", "3")
    assert not Path("char_lstm.npz").exists()


@pytest.mark.parametrize("stopped_at", [0, 3])
def test_an_interrupt_keeps_what_was_learned(stopped_at, folder, monkeypatch, capsys):
    def advance(now, *rest):
        if now.step == stopped_at:
            raise KeyboardInterrupt
        return real(now, *rest)

    words, real = ["train", "input.txt", *TINY, "--steps", "9"], program.advance
    monkeypatch.setattr(program, "advance", advance)
    assert run(*words) == 130
    assert capsys.readouterr().err == "\nStopped.\n"
    monkeypatch.setattr(program, "advance", real)
    assert not stopped_at or load(Path("char_lstm.npz"))[0].step == stopped_at
    assert run(*words) == 0
    assert run(*words, "--checkpoint", "whole.npz") == 0
    assert Path("char_lstm.npz").read_bytes() == Path("whole.npz").read_bytes()


@pytest.mark.parametrize("where", ["measure", "save"])
def test_an_interrupt_while_it_keeps_what_was_learned_keeps_it_too(where, folder, monkeypatch):
    def interrupted(*given):
        monkeypatch.setattr(program, where, real)
        raise KeyboardInterrupt

    real = getattr(program, where)
    monkeypatch.setattr(program, where, interrupted)
    assert run("train", "input.txt", *TINY, "--steps", "9", "--every", "3") == 130
    assert load(Path("char_lstm.npz"))[0].step == 3


def test_it_writes_beside_the_checkpoint_and_then_takes_its_name(kept, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(program.os, "fsync", lambda handle: calls.append(os.fstat(handle).st_size))
    monkeypatch.setattr(program.os, "replace", lambda *names: calls.append(names))
    path = tmp_path / "run.npz"
    program.save(path, *load(kept / "kept.npz"))
    part = tmp_path / "run.npz.part"
    assert calls == [len((kept / "kept.npz").read_bytes()), (part, path)]
    assert part.read_bytes() == (kept / "kept.npz").read_bytes()


def test_nothing_in_a_checkpoint_is_ever_run(tmp_path):
    file, path = io.BytesIO(), tmp_path / "run.npz"
    np.savez(file, b'{"step": 1}', *[np.array([print])] * 3)
    mark = program.MARK + file.getvalue()
    path.write_bytes(file.getvalue() + hashlib.sha256(mark).digest())
    with pytest.raises(ValueError, match="allow_pickle=False"):
        load(path)


@pytest.mark.process
def test_control_c_ends_a_process_so(folder):
    command = [sys.executable, FILE, "train", "input.txt", *TINY, "--every", "5"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert said == "\nStopped.\n"
    assert load(Path("char_lstm.npz"))[0].step >= 5


def test_all_options_are_in_the_help_with_what_they_are_by_default(capsys):
    for function, options in ((program.train, program.TRAIN), (program.sample, program.SAMPLE)):
        assert run(function.__name__, "--help") == 0
        said = " ".join(capsys.readouterr().out.split())
        for name, value in options.items():
            assert re.search(rf"--{name} .*?[a-z,-] \({re.escape(str(value))}\)", said)
    assert run("--help") == 0
    said = capsys.readouterr().out
    assert "Let a trained network write.\n" in said
    assert "Train a network on a text" in said


KILL = """
import os, random, signal, sys, time
from pathlib import Path
import char_lstm

path, random, last = Path("char_lstm.npz"), random.Random(0), 1
for _ in range(20):
    saved, child = path.stat().st_mtime_ns, os.fork()
    if child == 0:
        sys.stdout = open(os.devnull, "w")
        char_lstm.main([*sys.argv[1:], "--every", "1"])
        os._exit(1)
    while path.stat().st_mtime_ns == saved:  # it has begun to save
        time.sleep(0.001)
    time.sleep(random.uniform(0, 0.02))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), status  # it did not end by itself
    step = char_lstm.load(path)[0].step
    assert step > last
    last = step
print(last)
"""


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_killed_twenty_times_it_never_loses_what_was_saved(folder):
    text = Path("input.txt").read_text(encoding="utf-8")
    Path("little.txt").write_text(text[:2000], encoding="utf-8")
    words = ["train", "little.txt", *TINY]
    assert run(*words, "--steps", "1") == 0
    command = [sys.executable, "-c", KILL, *words]
    environment = os.environ | {"PYTHONPATH": str(FILE.parent), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


# The page


@pytest.mark.process
def test_the_log_and_the_sample_on_the_page_are_what_comes(folder):
    shutil.copy(EXCERPT, folder / "input.txt")
    fences = [f for f in read_page(ROOT, "docs/char-lstm.md").fences if f.text[:2] == "$ "]
    commands = [f.text.split("\n", 1) for f in fences]
    assert len(commands) == 2
    for command, shown in commands:
        words = shlex.split(command.removeprefix("$ python char_lstm.py "))
        done = subprocess.run([sys.executable, FILE, *words], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        if "train" not in command:
            assert len(shown.strip()) > 100
            assert set(shown) <= set(EXCERPT.read_text(encoding="utf-8"))
            continue
        row = re.compile(r"step (\d+) +loss ([\d.]+) +held out ([\d.]+)")
        for one, other in zip(row.findall(done.stdout), row.findall(shown), strict=True):
            assert [*map(float, one)] == pytest.approx([*map(float, other)], abs=0.03)
