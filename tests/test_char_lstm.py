"""The assembled program trains, writes, stops and goes on as docs/char-lstm.md says."""

import os
import re
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from snippets import char_lstm as program
from snippets import clipping, gru, lstm, optimizers, readout, sampling
from snippets.char_lstm import init_model, load, main, model
from snippets.checkpoints import save_checkpoint
from snippets.text import embed, embed_backward, one_hot
from tests.guards.markdown import read_page
from tests.numeric import error, slope

ROOT = Path(__file__).parents[1]
FILE = ROOT / "snippets/char_lstm.py"
EXCERPT = ROOT / "docs/experiments/data/shakespeare_excerpt.txt"
SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13, "n_y": 23}
TINY = ["--units", "4", "--length", "8", "--batch", "2"]
BOTH = pytest.mark.parametrize(
    ("cell", "n_e"), [(cell, n_e) for cell in ("lstm", "gru") for n_e in (0, 3)]
)


def exercise():
    """Run what holds shapes at SIZES, for the shape comments."""
    n_x, m, n_a, T, n_y = SIZES.values()
    rng = np.random.default_rng(0)
    for cell in ("lstm", "gru"):
        params = init_model(cell, rng, n_y, n_a, n_x)
        piece = rng.integers(n_y, size=(T + 1, m))
        model(cell, params, piece, program.blank(params, m))
    program.draw(rng.normal(size=(n_y, m)), rng, 1.0)


def case(cell, n_e, dtype=np.float64, n_y=5, n_a=4, T=6, m=2):
    """Draw a model, a piece of text and a state."""
    rng = np.random.default_rng(0)
    params = init_model(cell, rng, n_y, n_a, n_e, dtype)
    state = program.blank(params, m)
    state = type(state)(*(rng.normal(size=a.shape).astype(dtype) for a in state))
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
    """Do what a command line says; return its exit code."""
    try:
        return main([*words])
    except SystemExit as end:
        return end.code


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
    settings = program.SETTINGS | {"cell": cell, "embedding": n_e, "batch": 2}
    zeros = [np.zeros_like(w) for w in params]
    now, _ = program.advance(program.Run(0, params, zeros, zeros, state), settings, piece[None])
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
    a, after, tape = getattr(brick, f"{cell}_forward")(weights, embed(E, piece[:-1]), state_0)
    z, readout_tape = readout.readout_forward(read_out, a)
    wanted, dz = readout.cross_entropy(z, one_hot(piece[1:], 5, dtype=np.float32))
    d_readout, da = readout.readout_backward(read_out, readout_tape, dz)
    d_weights, de, _ = getattr(brick, f"{cell}_backward")(weights, tape, da)
    dE = embed_backward(E, piece[:-1], de)
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
    wanted, memory = optimizers.adam(params, clipped, memory, learning_rate=0.1)
    learned = program.adam(params, clipped, *[[np.zeros_like(w) for w in params]] * 2, 1, 0.1)
    for got, want in zip(learned, (wanted, memory.mean, memory.square), strict=True):
        for one, other in zip(got, want, strict=True):
            np.testing.assert_array_equal(one, other)


def test_it_draws_what_sampling_draws():
    z_t = np.random.default_rng(0).normal(size=(7, 50))
    ours = program.draw(z_t, np.random.default_rng(1), 0.7)
    theirs = sampling.draw(z_t, np.random.default_rng(1), temperature=0.7)
    np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(program.softmax(z_t), readout.softmax(z_t), rtol=1e-13)


def test_it_writes_what_sampling_generates(kept, capsys):
    now, about = load(kept / "kept.npz")

    def predict(token, state):
        z, state, _, _ = program.read("lstm", now.params, np.array([[token]]), state)
        return z[0].astype(float), state

    rng = np.random.default_rng(3)
    prompt, state = program.encode("O ", about["alphabet"]), program.blank(now.params, 1)
    tokens = sampling.generate(predict, state, prompt, 40, lambda z_t: sampling.draw(z_t, rng))
    program.sample(kept / "kept.npz", temperature=1.0, prompt="O ", length=40, seed=3)
    written = capsys.readouterr().out
    assert written == "O " + "".join(about["alphabet"][token] for token in tokens) + "\n"


def test_the_rate_falls_with_the_root_of_the_updates(monkeypatch):
    rates = []
    monkeypatch.setattr(program, "adam", lambda *args: rates.append(args[-1]) or [[], [], []])
    params, piece, state = case("gru", 0)
    about = program.SETTINGS | {"cell": "gru", "batch": 2, "rate": 0.5}
    for step in (0, 1500):
        program.advance(program.Run(step, params, [], [], state), about, piece[None])
    assert rates == [0.5, 0.25]


# Train and sample


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
    assert run(*words, "--checkpoint", "parts.npz", "--steps", "4", "--every", "3") == 0
    resume = ["train", "input.txt", "--resume", "--checkpoint", "parts.npz", "--steps", "9"]
    assert run(*resume) == 0
    assert Path("parts.npz").read_bytes() == Path("whole.npz").read_bytes()
    assert run(*resume, "--every", "3") == 0  # there is nothing left to do
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
    assert len(written()) == 500  # with no prompt it reads the first of the alphabet
    # so bold that each is the likeliest after all before it, read anew in one go
    greedy = written("--temperature", "1e-9", "--prompt", "O ", "--length", "30")
    tokens = program.encode(greedy, about["alphabet"])[:, None]
    z, *_ = program.read("lstm", now.params, tokens, program.blank(now.params, 1))
    np.testing.assert_array_equal(z[1:-1, :, 0].argmax(axis=1), tokens[2:, 0])


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
    run("train", "input.txt", "--units", "4", "--length", "90", "--batch", "100", "--steps", "5")
    blank = [not any(a.any() for a in state) for state in states]
    assert blank == [True, False, True, False, True]  # two pieces make the text


def test_time_is_up(folder):
    assert run("train", "input.txt", *TINY, "--minutes", "1e-9") == 0
    assert load(Path("char_lstm.npz"))[0].step == 0


def test_what_is_measured_is_the_loss_of_the_text_held_out(folder, capsys):
    run("train", "input.txt", *TINY, "--steps", "1")
    (now, about), path = load(Path("char_lstm.npz")), Path("input.txt")
    text = path.read_text(encoding="utf-8")[-1000:]
    cut = program.pieces(program.encode(text, about["alphabet"]), 8, 2)
    tokens = np.concatenate([cut[0], *cut[1:, 1:]])  # each column in one go
    state = program.blank(now.params, 2)
    loss, _, _ = model("lstm", now.params, tokens, state)
    said = float(re.search(r"held out ([\d.]+)", capsys.readouterr().out)[1])
    assert said == pytest.approx(loss, abs=6e-4)


# What goes wrong


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("train none.txt", "No such file or directory: 'none.txt'"),
        ("train empty.txt", "expected a text in empty.txt, got an empty file"),
        ("train latin.txt", "expected UTF-8 in latin.txt, got something else at byte 4"),
        ("train short.txt", "expected at least 2708 characters, got 8"),
        ("train input.txt --length 5000", "expected at least 420020 characters, got 20000"),
        ("train input.txt --checkpoint kept.npz", "kept.npz exists: go on from it with --resume"),
        ("train input.txt --resume", "No such file or directory: 'char_lstm.npz'"),
        ("train input.txt --resume --checkpoint kept.npz --units 9", "--resume keeps all settings"),
        ("train other.txt --resume --checkpoint kept.npz", "of the alphabet, got '#@'"),
        ("train part.txt --resume --checkpoint kept.npz", "is not the text that the run began"),
        ("train latin.txt --resume --checkpoint kept.npz", "expected UTF-8"),
        ("train input.txt --cell rnn", "--cell: invalid choice: 'rnn'"),
        ("train input.txt --units 0", "expected --units above 0, got 0"),
        ("train input.txt --units 1.5", "--units: invalid int value: '1.5'"),
        ("train input.txt --embedding -1", "expected --embedding above 0, got -1"),
        ("train input.txt --rate nan", "expected --rate above 0, got nan"),
        ("train input.txt --minutes inf", "expected --minutes above 0, got inf"),
        ("train", "the following arguments are required: file"),
        ("", "the following arguments are required: COMMAND"),
        ("sample", "No such file or directory: 'char_lstm.npz'"),
        ("sample --checkpoint input.txt", "got bytes that do not end in their hash"),
        ("sample --checkpoint empty.txt", "got bytes that do not end in their hash"),
        ("sample --checkpoint cut.npz", "got bytes that do not end in their hash"),
        ("sample --checkpoint altered.npz", "they were cut off or altered"),
        ("sample --checkpoint later.npz", "later.npz, got one of another version or program"),
        ("sample --checkpoint other.npz", "other.npz, got one of another version or program"),
        ("sample --checkpoint kept.npz --prompt 'O é'", "characters of the alphabet, got 'é'"),
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
        later.setattr(program, "VERSION", 2)
        program.save(folder / "later.npz", *loaded)
    return folder


def test_a_run_that_diverges_leaves_the_checkpoint(folder, capsys):
    assert run("train", "input.txt", *TINY, "--steps", "2") == 0
    before = Path("char_lstm.npz").read_bytes()
    words = ["train", "input.txt", "--resume", "--steps", "9", "--rate", "1e38"]
    assert run(*words) == 1  # the next loss tells
    assert run(*words, "--every", "1") == 1  # the loss held out tells
    said = "char_lstm.py: the loss diverged: try a smaller --rate\n"
    assert capsys.readouterr().err.startswith(said)
    assert Path("char_lstm.npz").read_bytes() == before
    assert run("train", "input.txt", "--resume", "--steps", "3", "--rate", "1e-3") == 0


@pytest.mark.parametrize("stopped_at", [0, 3])
def test_an_interrupt_keeps_what_was_learned(stopped_at, folder, monkeypatch, capsys):
    def advance(now, *rest):
        if now.step == stopped_at:
            raise KeyboardInterrupt
        return real(now, *rest)

    real = program.advance
    monkeypatch.setattr(program, "advance", advance)
    assert run("train", "input.txt", *TINY, "--steps", "9") == 130
    assert capsys.readouterr().err == "\nStopped. What was learned is kept.\n"
    monkeypatch.setattr(program, "advance", real)
    assert load(Path("char_lstm.npz"))[0].step == stopped_at
    assert run("train", "input.txt", "--resume", "--steps", "9") == 0
    words = ["train", "input.txt", *TINY, "--steps", "9", "--checkpoint", "whole.npz"]
    assert run(*words) == 0
    assert Path("char_lstm.npz").read_bytes() == Path("whole.npz").read_bytes()


def test_control_c_ends_a_process_so(folder):
    command = [sys.executable, FILE, "train", "input.txt", *TINY, "--every", "5"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert said == "\nStopped. What was learned is kept.\n"
    assert load(Path("char_lstm.npz"))[0].step >= 5


KILL = """
import os, random, signal, sys, time
from pathlib import Path
import char_lstm

path, random, last = Path("char_lstm.npz"), random.Random(0), 1
for _ in range(20):
    saved, child = path.stat().st_mtime_ns, os.fork()
    if child == 0:
        sys.stdout = open(os.devnull, "w")
        char_lstm.main(["train", "little.txt", "--resume", "--every", "1", "--steps", "999999"])
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_killed_twenty_times_it_never_loses_what_was_saved(folder):
    text = Path("input.txt").read_text(encoding="utf-8")
    Path("little.txt").write_text(text[:2000], encoding="utf-8")
    assert run("train", "little.txt", *TINY, "--steps", "1") == 0
    command = [sys.executable, "-c", KILL]
    environment = os.environ | {"PYTHONPATH": str(FILE.parent), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


# The page


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
