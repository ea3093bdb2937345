"""The assembled program trains, writes, stops and goes on as docs/char-lstm.md says."""

import errno
import hashlib
import io
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tracemalloc
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from snippets import char_lstm as program
from snippets import clipping, gru_reset_after, lstm, optimizers, readout, sampling
from snippets import text as bricks
from snippets.char_lstm import init_model, load, main, model
from snippets.checkpoints import save_checkpoint
from tests.numeric import error, slope

ROOT = Path(__file__).parents[1]
FILE = ROOT / "snippets/char_lstm.py"
EXCERPT = ROOT / "docs/experiments/data/shakespeare_excerpt.txt"
SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13, "n_y": 23}
TINY = ["--units", "4", "--length", "8", "--batch", "2"]
AGAIN = f"train input.txt --checkpoint kept.npz --steps 3 {' '.join(TINY)}"
BOTH = pytest.mark.parametrize("cell", ["lstm", "gru"])
UTF8 = {"PYTHONUTF8": "1"}


def exercise():
    """Run what holds shapes at SIZES, for shape comments and equations."""
    _, m, n_a, T, n_y = SIZES.values()
    rng = np.random.default_rng(0)
    for cell in ("lstm", "gru"):
        params = init_model(cell, rng, n_y, n_a)
        model(cell, params, rng.integers(n_y, size=(T + 1, m)), None)


def case(cell, dtype=np.float64, n_y=5, n_a=4, T=6, m=2):
    """Draw a model, a piece of text and a state."""
    rng = np.random.default_rng(0)
    params = init_model(cell, rng, n_y, n_a, dtype)
    state = [*rng.normal(size=(2, n_a, m)).astype(dtype)]
    return params, rng.integers(n_y, size=(T + 1, m)), state


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stand in an empty folder with a text."""
    monkeypatch.chdir(tmp_path)
    text = EXCERPT.read_text(encoding="utf-8")
    Path("input.txt").write_text(text[:20_000], encoding="utf-8")
    Path("short.txt").write_text("so it is", encoding="utf-8")
    Path("empty.txt").write_bytes(b"")
    return tmp_path


def run(*words):
    """Do what a command line says; return its exit code, or what it means as 1."""
    try:
        main([*words])
    except SystemExit as end:
        return end.code
    return 0


# The model


@BOTH
def test_the_gradient_is_the_slope_of_the_loss(cell):
    params, piece, state = case(cell)
    _, gradients, _ = model(cell, params, piece, state)
    for array, gradient in zip(params, gradients, strict=True):
        numeric = slope(lambda: model(cell, params, piece, state)[0], array)
        assert error(gradient, numeric) < 1e-6


@BOTH
def test_weights_are_drawn_by_one_rule_and_the_forget_gate_starts_open(cell):
    W, U, W_ya, b_y = init_model(cell, np.random.default_rng(0), 50, 200)
    gates = {"lstm": 4, "gru": 3}[cell]
    assert [W.shape, U.shape] == [(gates * 200, 50), (gates * 200, 200)]
    assert [W_ya.shape, b_y.shape] == [(50, 200), (50, 1)]
    open_gate = cell == "lstm"  # one-hot: one column of W is read alone, so its scale is 1
    blocks = [(W[200:], 1), (W[:200] - open_gate, 1), (U, 200**-0.5), (W_ya, 200**-0.5)]
    for block, scale in blocks:
        assert block.mean() == pytest.approx(0, abs=4 * scale * block.size**-0.5)
        assert block.std() == pytest.approx(scale, rel=0.03)  # four standard errors
    assert (b_y == np.zeros((50, 1))).all()
    assert {w.dtype for w in (W, U, W_ya, b_y)} == {np.dtype(np.float32)}


def brick(cell, params, state):
    """Give the cell's snippet, and weights and state as it takes them: without biases."""
    W, U, *_ = params
    b = np.zeros((U.shape[1], 1))
    if cell == "lstm":
        each = zip(
            map(np.hstack, zip(np.split(U, 4), np.split(W, 4), strict=True)), 4 * [b], strict=True
        )
        return lstm, lstm.LSTMParams(*chain(*each)), lstm.LSTMState(*state)
    each = zip(np.split(W, 3), np.split(U, 3), 3 * [b], strict=True)
    weights = gru_reset_after.GRUResetAfterParams(*chain(*each), b)
    return gru_reset_after, weights, gru_reset_after.GRUResetAfterState(state[0])


@BOTH
def test_it_computes_what_the_other_snippets_compute(cell):
    params, piece, state = case(cell)
    module, weights, state_0 = brick(cell, params, state)
    forward, backward = (
        getattr(module, f"{module.__name__.split('.')[1]}_{way}") for way in ("forward", "backward")
    )
    x = bricks.one_hot(piece[:-1], 5)
    a, state_T, tape = forward(weights, x, state_0)
    z, readout_tape = readout.readout_forward(readout.ReadoutParams(*params[2:]), a)
    wanted, dz = readout.cross_entropy(z, bricks.one_hot(piece[1:], 5))
    d_readout, da = readout.readout_backward(readout.ReadoutParams(*params[2:]), readout_tape, dz)
    d_weights, *_ = backward(weights, tape, da)
    columns = d_weights._asdict()
    dW = np.concatenate([w[:, -5:] for name, w in columns.items() if name[0] == "W"])
    name = "W" if cell == "lstm" else "U"
    dU = np.concatenate([w[:, :4] for key, w in columns.items() if key[0] == name])
    loss, gradients, after = model(cell, params, piece, state)
    assert loss == pytest.approx(wanted, rel=1e-12)
    for got, want in zip(gradients, [dW, dU, *d_readout], strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-14)
    for got, want in zip(after, state_T, strict=cell == "lstm"):  # a GRU has no second state
        np.testing.assert_allclose(got, want, rtol=1e-12)
    log_y_hat, *_ = program.read(cell, params, piece[:-1], state)
    np.testing.assert_allclose(log_y_hat, readout.log_softmax(z), rtol=1e-12)


@BOTH
def test_it_learns_as_clipping_and_adam_do(cell):
    params, piece, state = case(cell)
    params[2] *= 1e3  # W_ya: so steep that clipping has something to do
    settings = {"cell": cell, "alphabet": [10, 97, 98, 99, 100]}
    seen = np.array(settings["alphabet"])[piece][None].repeat(9, axis=0)
    run, memory = (
        program.Run(0, None, params, 4 * [0], 4 * [0], state),
        optimizers.init_adam(params),
    )
    for step in range(3):
        _, gradients, _ = model(cell, run.params, piece, run.state if step else None)
        clipped, norm = clipping.clip_by_global_norm(gradients, 1.0)
        assert norm > 1
        rate = 0.1 * (1 + step / 500) ** -0.5
        params, memory = optimizers.adam(run.params, clipped, memory, learning_rate=rate)
        run, _ = program.advance(run, settings, seen, 0.1)
        assert run.step == step + 1
        rows = (run.params, run.means, run.squares)
        for got, want in zip(rows, (params, memory.mean, memory.square), strict=True):
            for one, other in zip(got, want, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-12)


@BOTH
def test_single_precision_stays_single(cell):
    params, piece, _ = case(cell, np.float32)
    params[2] *= np.float32(1e3)  # clipped
    settings = {"cell": cell, "alphabet": [*range(5)]}
    before = program.Run(0, None, params, 4 * [0], 4 * [0], None)
    now, _ = program.advance(before, settings, piece[None], 0.1)
    arrays = [*now.params, *now.means, *now.squares, *now.state]
    assert {w.dtype for w in arrays} == {np.dtype(np.float32)}


def test_short_gradients_stay_as_they_are(monkeypatch):
    learned, gradients = [], [np.full((2, 1), 0.25), np.full(2, -0.25)]
    monkeypatch.setattr(program, "model", lambda *given: (0.0, gradients, None))
    monkeypatch.setattr(program, "adam", lambda w, g, *rest: learned.append(g) or (w,) * 3)
    settings = {"cell": "gru", "alphabet": [97]}
    run = program.Run(0, None, *3 * ([0, 0],), None)
    program.advance(run, settings, np.full((1, 3, 1), 97), 0.1)
    for got, want in zip(learned, gradients, strict=True):
        np.testing.assert_array_equal(got, want)


@BOTH
def test_a_piece_may_be_of_one_step(cell):
    params, piece, state = case(cell)
    _, gradients, _ = model(cell, params, piece[:2], state)
    numeric = slope(lambda: model(cell, params, piece[:2], state)[0], params[0])
    assert error(gradients[0], numeric) < 1e-6


@BOTH
def test_without_a_state_it_begins_with_zeros(cell):
    params, piece, state = case(cell)
    zeros = [0 * a for a in state]
    one, other = (model(cell, params, piece, begin) for begin in (None, zeros))
    assert one[0] == other[0]
    np.testing.assert_array_equal(one[2], other[2])


def written(kept, capsys, *words):
    """Return what a network writes."""
    capsys.readouterr()
    assert run("sample", "--checkpoint", str(kept / "kept.npz"), *words) == 0
    return capsys.readouterr().out[:-1]


def best_logits(kept):
    """Return a function from bytes to the logits of what follows each, and the alphabet."""
    settings, _, best = load(kept / "kept.npz")

    def logits(text):
        tokens = np.searchsorted(settings["alphabet"], [*text])[:, None]
        return program.read("lstm", best.params, tokens, None)[0]

    return logits, settings["alphabet"]


@pytest.mark.parametrize("heat", ["0.7", "3", "1e-310"])
def test_it_writes_what_sampling_generates(heat, kept, capsys):
    settings, _, best = load(kept / "kept.npz")
    alphabet = settings["alphabet"]

    def predict(token, state):
        z, state, *_ = program.read("lstm", best.params, np.array([[token]]), state)
        return z[0].astype(float), state

    rng, prompt = np.random.default_rng(0), np.searchsorted(alphabet, [*b"O "])
    choose = partial(sampling.draw, rng=rng, temperature=float(heat))
    tokens = sampling.generate(predict, None, prompt, 40, choose)
    words = ["--temperature", heat, "--prompt", "O ", "--length", "40", "--seed", "0"]
    wanted = "O " + "".join(chr(alphabet[token]) for token in tokens)
    assert written(kept, capsys, *words) == wanted


def test_the_rate_falls_with_the_root_of_the_updates(monkeypatch):
    rates = []
    monkeypatch.setattr(program, "adam", lambda *args: rates.append(args[-2:]) or (0, 0, 0))
    params, piece, state = case("gru")
    about = {"cell": "gru", "alphabet": [*range(5)]}
    for step in (0, 1500):
        before = program.Run(step, None, params, params, params, state)
        program.advance(before, about, piece[None], 0.5)
    assert {*rates} == {(1, 0.5), (1501, 0.25)}


# Text


def spied_text(monkeypatch, *words):
    """Return the pieces and the alphabet that a run would learn from."""
    given = []
    monkeypatch.setattr(program, "advance", lambda *args: given.append(args) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run("train", "input.txt", *TINY, *words)
    ((_, about, seen, _),) = given
    return seen, about["alphabet"]


def test_a_text_becomes_the_tokens_that_text_makes_of_its_bytes(folder, monkeypatch):
    written = ("Zoë läuft 中\U0001f600\r\nheim\n" * 99).encode()
    Path("input.txt").write_bytes(written)
    seen, alphabet = spied_text(monkeypatch)
    text = written.decode("latin-1")  # a character for each byte
    assert "".join(map(chr, alphabet)) == bricks.find_alphabet([text])
    tokens, _ = bricks.hold_out(bricks.encode(text, bricks.find_alphabet([text])))
    wanted = bricks.pieces(tokens, 8, 2)
    np.testing.assert_array_equal(np.searchsorted(alphabet, seen), wanted)


def test_a_text_is_known_by_its_hash_and_the_bytes_that_occur(folder):
    written = b"so it is\n" * 200_000 + b"!"  # more than is read at once
    Path("input.txt").write_bytes(written)
    assert run("train", "input.txt", *TINY, "--steps", "1") == 0
    settings, *_ = load(Path("char_lstm.npz"))
    assert settings["text"] == hashlib.sha256(written).hexdigest()[:16]
    assert settings["alphabet"] == sorted(set(written))


def test_a_long_text_takes_no_more_memory_than_a_short_one(folder, capsys):
    peaks, said = [], []
    for size in (1, 50):
        Path("input.txt").write_bytes(bytes(range(100)) * 20_000 * size)
        tracemalloc.start()
        assert run("train", "input.txt", *TINY, "--steps", "2", "--checkpoint", f"{size}.npz") == 0
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        said.append(capsys.readouterr().out)
    assert peaks[1] < 1.1 * peaks[0]
    assert said[0].startswith("step 2 ")
    assert said[1].startswith("reading input.txt (0.1 GB) ...\nstep 2 ")


# Train and sample


@pytest.mark.process
def test_it_runs_alone_with_nothing_but_numpy(folder):
    shutil.copy(FILE, folder)
    shutil.copy(EXCERPT, folder / "input.txt")

    def python(*words):
        command = [sys.executable, "-I", "-W", "error", "char_lstm.py", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    log = python("train", "input.txt", "--units", "32", "--steps", "60", "--every", "20")
    rows = re.findall(r"step (\d+) +loss ([\d.]+) +validation ([\d.]+)", log)
    assert [row[0] for row in rows] == ["20", "40", "60"]
    for losses in ([float(row[1]) for row in rows], [float(row[2]) for row in rows]):
        assert np.log(70) > losses[0] > losses[1] > losses[2]
    words = ["sample", "--prompt", "Enter ", "--length", "80", "--seed", "1"]
    written = python(*words)
    assert written.startswith("Enter ")
    assert len(written) == len("Enter ") + 80 + 1
    assert python(*words) == written


@BOTH
def test_to_resume_is_not_to_have_stopped(cell, folder, capsys):
    words = ["train", "input.txt", *TINY, "--cell", cell, "--seed", "0"]
    assert run(*words, "--checkpoint", "whole.npz", "--steps", "9", "--every", "3") == 0
    words += ["--checkpoint", "parts.npz"]
    assert run(*words, "--steps", "3", "--every", "3") == 0
    assert load(Path("parts.npz"))[1].step == 3
    assert run(*words, "--steps", "9", "--every", "3") == 0
    assert Path("parts.npz").read_bytes() == Path("whole.npz").read_bytes()
    capsys.readouterr()
    assert run(*words, "--steps", "9", "--every", "3") == 0
    assert "train resumes from step 9, validation" in capsys.readouterr().out
    assert Path("parts.npz").read_bytes() == Path("whole.npz").read_bytes()


def test_how_often_it_is_validated_changes_nothing_of_the_last_network(folder):
    words = ["train", "input.txt", *TINY, "--steps", "9"]
    lasts = []
    for every in ("2", "9"):
        assert run(*words, "--every", every, "--checkpoint", f"{every}.npz") == 0
        _, last, _ = load(Path(f"{every}.npz"))
        lasts.append([last.step, last.loss, *last.params, *last.means, *last.squares, *last.state])
    for one, other in zip(*lasts, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_best_network_on_held_out_text_is_kept_beside_the_last(folder, monkeypatch, capsys):
    losses = {1: 3.0, 2: 2.0, 3: 2.0, 4: 2.5}
    real, steps, weights = program.advance, [], {}

    def advance(*given):
        after, loss = real(*given)
        steps.append(after.step)
        weights[after.step] = [w.copy() for w in after.params]
        return after, loss

    def take(log_y_hat, *given, **more):
        return np.full(3, -losses[steps[-1]])

    monkeypatch.setattr(program, "advance", advance)
    monkeypatch.setattr(program.np, "take_along_axis", take)
    words = ["train", "input.txt", *TINY, "--every", "1"]
    assert run(*words, "--steps", "3") == 0
    assert run(*words, "--steps", "4") == 0  # the best outlives a stop
    _, last, best = load(Path("char_lstm.npz"))
    assert (last.step, last.loss, best.step, best.loss) == (4, 2.5, 2, 2.0)
    for kept_run in (last, best):
        for got, want in zip(kept_run.params, weights[kept_run.step], strict=True):
            np.testing.assert_array_equal(got, want)
    said = capsys.readouterr().out
    assert "train resumes from step 4, validation 2.500\n" in said
    assert said.endswith("sample uses step 2, validation 2.000\n")
    read, used = program.read, []
    monkeypatch.setattr(program, "read", lambda *given: used.append(given[1]) or read(*given))
    assert run("sample", "--length", "1") == 0
    np.testing.assert_array_equal(used[0][1], weights[2][1])


def test_another_seed_begins_with_other_weights_and_the_same_with_the_same(folder):
    weights = []
    for name, seed in (("one", "7"), ("again", "7"), ("other", "8")):
        words = ["--seed", seed, "--steps", "1", "--checkpoint", f"{name}.npz"]
        assert run("train", "input.txt", *TINY, *words) == 0
        weights.append(load(Path(f"{name}.npz"))[1].params[1])
    np.testing.assert_array_equal(weights[0], weights[1])
    assert np.abs(weights[0] - weights[2]).max() > 0.1  # an update moves by 0.02


class Pipe(io.StringIO):
    """What is printed to, and what a reader had seen after each flush."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def flush(self):
        self.seen.append(self.getvalue())


def test_what_is_written_and_logged_is_seen_at_once(folder, kept, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Pipe())
    assert run("sample", "--checkpoint", str(kept / "kept.npz"), "--length", "20") == 0
    text = sys.stdout.getvalue()
    assert sys.stdout.seen == [text[:end] for end in range(22)]  # nothing, 20 bytes, a new line
    monkeypatch.setattr(sys, "stdout", Pipe())
    assert run("train", "input.txt", *TINY, "--steps", "6", "--every", "2") == 0
    lines = sys.stdout.getvalue().splitlines(keepends=True)
    assert sys.stdout.seen == ["".join(lines[:end]) for end in range(1, len(lines) + 1)]


def test_the_network_writes(kept, capsys):
    write = partial(written, kept, capsys)
    text = write("--prompt", "O ", "--length", "60", "--seed", "1")
    assert (text[:2], len(text)) == ("O ", 62)
    assert write("--prompt", "O ", "--length", "60", "--seed", "1") == text
    assert write("--prompt", "O ", "--length", "60", "--seed", "2") != text
    assert write("--seed", "0") == write("--seed", "0")
    assert write() != write()
    assert len(write()) == 500
    # so sure that each is the likeliest after all before it, read again in one go
    logits, alphabet = best_logits(kept)
    for temperature in ("1e-9", "1e-310"):  # the second one is no number in single precision
        greedy = write("--temperature", temperature, "--prompt", "O ", "--length", "30")
        tokens = np.searchsorted(alphabet, [*greedy.encode()])
        z = logits(greedy.encode())
        np.testing.assert_array_equal(z[1:-1, :, 0].argmax(axis=1), tokens[2:])


def test_a_broken_character_is_shown_as_such(kept, capsys, monkeypatch):
    settings, *runs = load(kept / "kept.npz")
    alphabet = [0xC3] * len(settings["alphabet"])  # the first half of many characters
    settings["alphabet"] = alphabet
    monkeypatch.setattr(program, "load", lambda path: (settings, *runs))
    assert run("sample", "--length", "3") == 0
    assert capsys.readouterr().out == "\ufffd\ufffd\ufffd\n"


def test_a_character_of_several_bytes_is_shown_when_it_is_whole(kept, monkeypatch):
    settings, *runs = load(kept / "kept.npz")
    settings["alphabet"] = sorted("é".encode()) * (len(settings["alphabet"]) // 2)
    drawn, printed = iter([1, 0, 1, 0]), []  # c3, a9, c3, a9

    class Generator:
        def choice(self, n, p, size):
            return np.array([next(drawn)])

    monkeypatch.setattr(program, "load", lambda path: (settings, *runs))
    monkeypatch.setattr(program.np.random, "default_rng", lambda seed: Generator())
    monkeypatch.setattr("builtins.print", lambda text, **rest: printed.append(text))
    assert run("sample", "--length", "4") == 0
    assert printed == ["", "", "é", "", "é", ""]


@pytest.mark.process
def test_text_appears_as_it_is_written(kept):
    words = ["sample", "--checkpoint", kept / "kept.npz", "--prompt", "O ", "--length", "999999"]
    with subprocess.Popen([sys.executable, FILE, *words], stdout=subprocess.PIPE) as process:
        assert process.stdout.read(30)[:2] == b"O "
        assert process.poll() is None  # it is still at work
        process.kill()


def test_a_text_in_another_encoding_is_learned_and_a_prompt_may_be_in_its_bytes(folder, capsys):
    Path("input.txt").write_bytes("Straße, Zoë, déjà vu\n".encode("latin-1") * 400)
    assert run("train", "input.txt", *TINY, "--steps", "1") == 0
    capsys.readouterr()
    prompt = os.fsdecode("déjà".encode("latin-1"))  # as Python has it from the shell
    assert run("sample", "--prompt", prompt, "--length", "1", "--seed", "0") == 0
    assert capsys.readouterr().out.startswith("d\ufffdj\ufffd")
    assert run("sample", "--prompt", "déjà") == 1  # as UTF-8
    assert r"never seen b'\xa0\xa9\xc3'" in capsys.readouterr().err


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="there arguments are no bytes")
def test_a_shell_may_give_the_bytes_of_a_prompt(folder):
    Path("input.txt").write_bytes("Zoë\n".encode("latin-1") * 400)
    assert run("train", "input.txt", *TINY, "--steps", "1") == 0
    command = [sys.executable, FILE, "sample", "--length", "1", "--prompt", b"Zo\xeb"]
    done = subprocess.run(command, capture_output=True, check=True, env=os.environ | UTF8)
    assert done.stdout.decode()[:3] == "Zo\ufffd"


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
    assert "Let the network with the best validation loss write" in " ".join(
        capsys.readouterr().out.split()
    )


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
    assert run("train", "input.txt", *TINY, "--minutes", "3.5", "--every", "2") == 0
    assert load(Path("char_lstm.npz"))[1].step == 4  # at 30 and 120 s there was time, at 210 s none


def test_the_log_says_loss_and_speed(folder, monkeypatch, capsys):
    clock, losses = iter([0, 0, 0, 8, 8, 8, 10]), iter([1, 2, 3])  # seconds
    monkeypatch.setattr(program.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(program, "model", lambda *given: (next(losses), *model(*given)[1:]))
    assert run("train", "input.txt", *TINY, "--steps", "3", "--every", "2") == 0
    row = r"step (\d+) +loss ([\d.]+) +validation [\d.]{5} +(\d+) bytes/s"
    assert re.findall(row, capsys.readouterr().out) == [("2", "1.500", "4"), ("3", "3.000", "8")]


def test_what_is_measured_is_the_loss_of_the_text_held_out(folder, capsys):
    run("train", "input.txt", *TINY, "--steps", "1")
    (about, now, _), path = load(Path("char_lstm.npz")), Path("input.txt")
    text = np.searchsorted(about["alphabet"], [*path.read_bytes()[-1000:]])
    columns = bricks.pieces(text, 499, 2)[0]
    loss, *_ = model("lstm", now.params, columns, None)
    said = float(re.search(r"validation ([\d.]+)", capsys.readouterr().out)[1])
    assert said == pytest.approx(loss, abs=6e-4)
    assert now.loss == pytest.approx(loss, rel=1e-5)


def test_of_a_long_text_held_out_it_reads_500_steps(folder, monkeypatch):
    Path("input.txt").write_bytes(EXCERPT.read_bytes())
    lengths = []
    real = program.read
    monkeypatch.setattr(
        program, "read", lambda *given: lengths.append(len(given[2])) or real(*given)
    )
    run("train", "input.txt", *TINY, "--steps", "1")
    assert lengths == [8, 500]


def test_what_is_held_out_is_not_learned(folder, monkeypatch):
    seen, _ = spied_text(monkeypatch)
    codes = np.frombuffer(Path("input.txt").read_bytes()[:19_000], np.uint8)
    np.testing.assert_array_equal(seen, bricks.pieces(codes, 8, 2))


# What goes wrong


ANOTHER = "; to use another file, pass --checkpoint"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("train none.txt", "no file none.txt (save a pipe to a file first)"),
        ("train .", "no file . (save a pipe"),
        ("train empty.txt", "empty.txt has 0 bytes, needs 20500: take a longer text, or a smaller"),
        ("train short.txt", "short.txt has 8 bytes, needs 20500"),
        ("train almost.txt", "almost.txt has 20499 bytes, needs 20500"),
        ("train input.txt --length 5000", "needs 3200020: take a longer text, or a smaller"),
        ("train input.txt --checkpoint kept.npz --batch 4", "with units 4, not 128, length 8"),
        (f"{AGAIN} --units 9", f"kept.npz began with units 4, not 9{ANOTHER}"),
        (f"{AGAIN} --seed 0", "kept.npz began with seed 1, not 0"),
        (f"{AGAIN} --cell gru", "kept.npz began with cell lstm, not gru"),
        (AGAIN.replace("input", "other"), "kept.npz began with text "),
        (AGAIN.replace("input", "part"), "kept.npz began with text "),
        (AGAIN.replace("kept", "cut"), f"not a valid checkpoint: cut.npz{ANOTHER}"),
        (AGAIN.replace("kept", "later"), f"not a valid checkpoint: later.npz{ANOTHER}"),
        (AGAIN.replace("kept.npz", "."), f"no file .: train first{ANOTHER}"),
        (AGAIN.replace("kept", "no/where"), "cannot write no/where.npz: No such file or dir"),
        (AGAIN.replace("kept.npz", "short.txt/a"), "cannot write short.txt/a: Not a directory"),
        (AGAIN.replace("kept.npz", "n" * 254), "File name too long"),
        (AGAIN.replace("kept", "blocked"), "cannot write blocked.npz: Is a directory"),
        (f"train input.txt --units {10**12} --batch 1", "for an array with shape"),
        ("sample", f"no file char_lstm.npz: train first{ANOTHER}"),
        ("sample --checkpoint input.txt", "not a valid checkpoint: input.txt"),
        ("sample --checkpoint empty.txt", "not a valid checkpoint: empty.txt"),
        ("sample --checkpoint cut.npz", "not a valid checkpoint: cut.npz"),
        ("sample --checkpoint altered.npz", "not a valid checkpoint: altered.npz"),
        ("sample --checkpoint later.npz", "not a valid checkpoint: later.npz"),
        ("sample --checkpoint other.npz", "not a valid checkpoint: other.npz"),
        (
            "sample --checkpoint kept.npz --prompt 'O é#'",
            r"the network has never seen b'#\xa9\xc3': use only characters of its text",
        ),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_exit_code_1(words, said, kept, capsys, monkeypatch):
    before = {path: path.is_file() and path.read_bytes() for path in kept.iterdir()}
    monkeypatch.chdir(kept)
    assert run(*shlex.split(words)) == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith("char_lstm.py: error: ")
    assert said in sentence
    after = {path: path.is_file() and path.read_bytes() for path in kept.iterdir()}
    assert after == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("train input.txt --cell rnn", "--cell: invalid choice: 'rnn'"),
        ("train input.txt --units 0", "expected 0 < --units < inf, got 0"),
        ("train input.txt --units 1.5", "--units: invalid int value: '1.5'"),
        ("train input.txt --batch -1", "expected 0 < --batch < inf, got -1"),
        ("train input.txt --seed -1", "expected -1 < --seed < inf, got -1"),
        ("train input.txt --rate nan", "expected 0 < --rate < inf, got nan"),
        ("train input.txt --minutes inf", "expected 0 < --minutes < inf, got inf"),
        ("train", "the following arguments are required: text"),
        ("", "the following arguments are required: {train,sample}"),
        ("sample --temperature 0", "expected 0 < --temperature < inf, got 0.0"),
        ("sample --temperature -1", "expected 0 < --temperature < inf, got -1.0"),
        ("sample --temperature hot", "--temperature: invalid float value: 'hot'"),
        ("sample --length 0", "expected 0 < --length < inf, got 0"),
    ],
)
def test_usage_is_printed_for_usage_errors_with_exit_code_2(words, said, capsys):
    assert run(*shlex.split(words)) == 2
    usage, *_, sentence = capsys.readouterr().err.strip().split("\n")
    assert usage.startswith("usage: char_lstm.py")
    assert sentence.startswith("char_lstm.py")
    assert said in sentence


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_least_text_is_accepted(cell, folder):
    Path("input.txt").write_bytes((b"so it is, " * 40)[: 20 * 8 * 2 + 20])
    assert run("train", "input.txt", *TINY, "--cell", cell, "--steps", "1") == 0
    _, last, _ = load(Path("char_lstm.npz"))
    assert np.isfinite(last.loss)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_before_it_is_waited_for(folder, capsys):
    os.mkfifo("pipe")
    for words in (["train", "pipe"], ["sample", "--checkpoint", "pipe"]):
        assert run(*words) == 1
        assert "no file pipe" in capsys.readouterr().err


def test_the_place_is_tried_before_the_text_is_read(folder, monkeypatch):
    monkeypatch.setattr(program, "init_model", None)
    monkeypatch.setattr(program.np, "fromfile", None)
    assert run("train", "input.txt", *TINY, "--checkpoint", "no/where.npz") == 1


def test_a_full_disk_leaves_the_checkpoint_and_nothing_else(folder, monkeypatch, capsys):
    words = ["train", "input.txt", *TINY, "--every", "1"]
    assert run(*words, "--steps", "1") == 0
    before = Path("char_lstm.npz").read_bytes()
    names = sorted(os.listdir())
    real = Path.write_bytes

    def fill(path, data):
        real(path, data[:100])
        if data:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # no name, as from a write

    monkeypatch.setattr(Path, "write_bytes", fill)
    assert run(*words, "--steps", "2") == 1
    said = capsys.readouterr().err
    assert (
        said == f"char_lstm.py: error: cannot write char_lstm.npz: {os.strerror(errno.ENOSPC)}"
        f"{ANOTHER}\n"
    )
    assert Path("char_lstm.npz").read_bytes() == before
    assert sorted(os.listdir()) == names


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system sets no limits")
def test_a_file_that_may_not_grow_is_like_a_full_disk(folder):
    words = ["train", "input.txt", *TINY, "--steps", "1"]
    code = (
        "import resource, sys, char_lstm; resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000));"
        "char_lstm.main(sys.argv[1:])"
    )
    environment = os.environ | {"PYTHONPATH": str(FILE.parent)}
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("char_lstm.py: error: cannot write char_lstm.npz: ")
    assert not list(folder.glob("char_lstm.npz*"))


@pytest.mark.process
def test_head_ends_it_quietly_and_nothing_is_lost(folder):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, FILE, "train", "input.txt", *TINY, "--every", "2"]
    with subprocess.Popen(command, **pipes) as process:
        assert process.stdout.readline().startswith(b"step 2 ")
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (141, b"")
    assert load(Path("char_lstm.npz"))[1].step >= 4
    with subprocess.Popen([sys.executable, FILE, "sample", "--length", "9999"], **pipes) as process:
        assert process.stdout.read(3)
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (141, b"")


@pytest.mark.parametrize(
    "writes", ["train input.txt --batch 8 --steps 1", "sample --checkpoint kept.npz"]
)
def test_a_closed_pipe_is_the_end_without_a_word(writes, kept, monkeypatch, capsys):
    def closed(*given, **more):
        raise BrokenPipeError

    ended = []
    monkeypatch.chdir(kept)
    monkeypatch.setattr("builtins.print", closed)
    monkeypatch.setattr(program.os, "_exit", ended.append)
    main(writes.split())
    assert ended == [141]
    assert capsys.readouterr().err == ""


@pytest.mark.process
def test_it_runs_without_docstrings(folder):
    words = ["train", "input.txt", *TINY, "--steps", "1"]
    for arguments in (["train", "--help"], words):
        subprocess.run([sys.executable, "-OO", FILE, *arguments], capture_output=True, check=True)


@pytest.mark.process
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is counted as Linux does")
def test_memory_does_not_grow_with_a_text_of_half_a_billion_bytes(folder):
    for name, size in (("small.txt", 10**5), ("large.txt", 5 * 10**8)):
        with open(name, "wb") as file:
            file.write(b"so it is\n" * 1000)
            file.truncate(size)  # the rest takes no room on the disk
    code = (
        "import resource, sys, char_lstm; char_lstm.main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    for name in ("small.txt", "large.txt"):
        words = ["train", name, *TINY, "--steps", "200", "--every", "20"]
        command = [sys.executable, "-c", code, *words, "--checkpoint", f"{name}.npz"]
        environment = os.environ | {"PYTHONPATH": str(FILE.parent)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout.split()[-1]))
    assert done.stdout.startswith("reading large.txt (0.5 GB) ...\nstep 20 ")
    assert peaks[1] < peaks[0] + 20_000  # kilobytes


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Give a folder with texts, a checkpoint, and files that are none."""
    folder = tmp_path_factory.mktemp("kept")
    text = EXCERPT.read_text(encoding="utf-8")[:20_000]
    (folder / "input.txt").write_text(text, encoding="utf-8")
    (folder / "part.txt").write_text(text[:-1], encoding="utf-8")
    (folder / "short.txt").write_text("so it is", encoding="utf-8")
    (folder / "almost.txt").write_bytes(b"so" * 10_249 + b".")
    (folder / "empty.txt").write_bytes(b"")
    path = folder / "kept.npz"
    words = ["train", str(folder / "input.txt"), *TINY, "--checkpoint", str(path)]
    assert run(*words, "--steps", "2") == 0
    whole = path.read_bytes()
    (folder / "blocked.npz.part").mkdir()
    (folder / "cut.npz").write_bytes(whole[:-1])
    (folder / "altered.npz").write_bytes(whole.replace(b"alphabet", b"alphabex"))
    (folder / "other.txt").write_text("#@" * 2000, encoding="utf-8")
    save_checkpoint(folder / "other.npz", {}, {})
    loaded = load(path)
    with pytest.MonkeyPatch.context() as later:
        later.setattr(program, "MARK", b"checkpoint 4 of char_lstm.py")
        program.save(folder / "later.npz", *loaded)
    return folder


def test_a_run_that_diverges_leaves_the_checkpoint(folder, capsys):
    words = ["train", "input.txt", *TINY]
    assert run(*words, "--steps", "2") == 0
    before = Path("char_lstm.npz").read_bytes()
    words += ["--steps", "9"]
    for every in ("250", "1"):  # the next loss tells, or the one on held-out text
        assert run(*words, "--rate", "1e38", "--every", every) == 1
        said = capsys.readouterr().err
        assert said == "char_lstm.py: error: diverged: try a --rate below 1e+38\n"
    assert Path("char_lstm.npz").read_bytes() == before
    assert run(*words, "--rate", "1e-3") == 0
    assert load(Path("char_lstm.npz"))[1].step == 9


@pytest.mark.parametrize("what", ["loss", "weight"])
def test_what_is_no_number_is_not_saved(what, folder, monkeypatch, capsys):
    losses, real = iter([1.0, np.inf, 1.0]), program.advance

    def advance(*given):
        after, loss = real(*given)
        if what == "loss":
            return after, next(losses)
        U = np.full_like(after.params[1], np.inf)  # behind a tanh the loss may stay finite
        return after._replace(params=[after.params[0], U, *after.params[2:]]), loss

    read = program.read
    monkeypatch.setattr(program, "advance", advance)
    monkeypatch.setattr(program, "read", lambda cell, w, *rest: read(cell, finite(w), *rest))
    assert run("train", "input.txt", *TINY, "--steps", "3") == 1
    assert "diverged" in capsys.readouterr().err
    assert not Path("char_lstm.npz").exists()


def finite(arrays):
    return [np.nan_to_num(w, posinf=1) for w in arrays]


@pytest.mark.parametrize("where", ["advance", "save"])
def test_an_interrupt_leaves_what_was_saved(where, folder, monkeypatch, capsys):
    def interrupted(*given):
        if any(isinstance(part, program.Run) and part.step == 6 for part in given):
            raise KeyboardInterrupt
        return real(*given)

    real = getattr(program, where)
    words = ["train", "input.txt", *TINY, "--steps", "9", "--every", "3"]
    monkeypatch.setattr(program, where, interrupted)
    assert run(*words) == 130
    assert capsys.readouterr().err == "\nStopped.\n"
    assert load(Path("char_lstm.npz"))[1].step == {"advance": 6, "save": 3}[where]
    monkeypatch.setattr(program, where, real)
    assert run(*words) == 0
    assert run(*words, "--checkpoint", "whole.npz") == 0
    assert Path("char_lstm.npz").read_bytes() == Path("whole.npz").read_bytes()


def test_it_writes_beside_the_checkpoint_and_then_takes_its_name(kept, tmp_path, monkeypatch):
    calls, path = [], tmp_path / "run.npz"

    def replace(part, name):
        calls.append((part, name, part.read_bytes()))

    monkeypatch.setattr(Path, "replace", replace)
    program.save(path, *load(kept / "kept.npz"))
    written = (kept / "kept.npz").read_bytes()
    assert calls == [(tmp_path / "run.npz.part", path, written)]
    assert list(tmp_path.iterdir()) == []


def test_nothing_in_a_checkpoint_is_ever_run(tmp_path):
    file, path = io.BytesIO(), tmp_path / "run.npz"
    np.savez(file, b"[{}, [1, 1], [1, 1]]", *[np.array([print])] * 18)
    mark = program.MARK + file.getvalue()
    path.write_bytes(file.getvalue() + hashlib.sha256(mark).digest())
    with pytest.raises(ValueError, match="allow_pickle=False"):
        load(path)


@pytest.mark.process
def test_control_c_ends_a_process_so(folder, interrupt):
    command = [sys.executable, FILE, "train", "input.txt", *TINY, "--every", "5"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        process.stdout.readline()
        interrupt(process)
        _, said = process.communicate()
    assert process.returncode == 130
    assert said == "\nStopped.\n"
    assert load(Path("char_lstm.npz"))[1].step >= 5


def test_all_options_are_in_the_help_with_what_they_are_by_default(capsys, monkeypatch):
    for command, words in (("train", ["train", "input.txt"]), ("sample", ["sample"])):
        given = {}
        with monkeypatch.context() as instead:
            instead.setattr(program, command, lambda options, to=given: to.update(vars(options)))
            main(words)
        assert given["checkpoint"] == Path("char_lstm.npz")
        assert run(command, "--help") == 0
        said = " ".join(capsys.readouterr().out.split())
        for name, value in given.items():
            if type(value) in (int, float) and value != 10**9:  # all steps: no end
                assert re.search(rf"--{name} [A-Z]+ [a-z0-9,: -]+ \({value}\)", said)
            elif name == "text":
                assert "arguments: text the file " in said
            elif name != "run":
                assert re.search(rf"--{name} \S+ [a-z]+ ", said)
    assert run("--help") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert program.train.__doc__ in said
    assert program.sample.__doc__ in said


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
    assert os.WIFSIGNALED(status), status  # a signal ended it
    step = char_lstm.load(path)[1].step
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
    from tests.guards.markdown import read_page  # here: tests/parity has no Markdown

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
        row = re.compile(r"step (\d+) +loss ([\d.]+) +validation ([\d.]+)")
        for one, other in zip(row.findall(done.stdout), row.findall(shown), strict=True):
            assert [*map(float, one)] == pytest.approx([*map(float, other)], abs=0.03)
