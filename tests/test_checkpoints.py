"""What is saved comes back to the bit, or not at all, as docs/checkpoints.md says."""

import errno
import hashlib
import io
import json
import os
import pickle
import random
import stat
import subprocess
import sys
import tempfile
import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from snippets import checkpoints
from snippets.checkpoints import CheckpointError, load_checkpoint, save_checkpoint, saving
from snippets.clipping import clip_by_global_norm
from snippets.optimizers import AdamState, adam, descend, init_adam, init_momentum, momentum
from snippets.rnn import RNNParams, RNNState, init_rnn, rnn_backward, rnn_forward
from snippets.schedules import cosine_decay, init_scheduled, scheduled
from snippets.training import DivergedError, Progress, train

SIZES = {"n_a": 3, "n_x": 7}
ROOT = Path(checkpoints.__file__).parents[1]
unclipped = partial(clip_by_global_norm, threshold=np.inf)


def exercise():
    """Run every function once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.npz"
        save_checkpoint(path, {"w": np.ones((3, 7))}, {"step": 1})
        report = saving(path, lambda progress: load_checkpoint(path), every=1)
        for step in (1, 2):
            report(Progress(step, 1.0, 1.0, [], None, None))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.npz"


def assert_same(left, right):
    """Compare names, their order, types, shapes, layouts and bits."""
    assert list(left) == list(right)
    for one, other in zip(left.values(), right.values(), strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert one.flags.f_contiguous == other.flags.f_contiguous
        assert one.tobytes() == other.tobytes()


# There and back


def test_arrays_come_back_to_the_bit(path):
    rng = np.random.default_rng(0)
    arrays = {
        "z first": rng.normal(size=(2, 3)),
        "single": rng.normal(size=(4, 1)).astype(np.float32),
        "half": np.array([1.5, np.nan, -0.0], np.float16),
        "0-d": np.array(-np.inf),
        "empty": np.empty((0, 3), np.float32),
        "columns": np.asfortranarray(rng.normal(size=(3, 4))),
        "other end": np.arange(3, dtype=">i4"),
        "counts": np.array([2**64 - 1], np.uint64),
        "flags": np.array([True, False]),
        "text": np.array(["a", "größer"]),
        "complex": np.array([1 + 2j]),
        "when": np.array(["2026-01-01"], "M8[D]"),
        "fields": np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]),
    }
    save_checkpoint(path, arrays, {})
    loaded, about = load_checkpoint(path)
    assert_same(loaded, arrays)
    assert about == {}
    assert all(array.flags.writeable for array in loaded.values())


@pytest.mark.parametrize(
    "name", ["", "file", "arr_0", "W/../..", "a.npy", "\0", "größer", "\ud800", "x" * 70_000]
)
def test_any_string_is_a_name(path, name):
    arrays = {name: np.ones(2), "other": np.zeros(1)}
    save_checkpoint(path, arrays, {})
    assert_same(load_checkpoint(path)[0], arrays)


def test_what_json_can_hold_comes_back(path):
    about = {
        "generator": np.random.default_rng(7).bit_generator.state,
        "nested": [{"": [1, 2.5, "ö\ud800", True, None]}, [], {}],
        "tenth": 0.1,
        "large": -(2**200),
    }
    assert about["generator"]["state"]["state"] > 2**64
    save_checkpoint(str(path), {}, about)  # a path may be a str
    arrays, loaded = load_checkpoint(str(path))
    assert (arrays, loaded) == ({}, about)
    assert type(loaded["nested"][0][""][3]) is bool


def test_a_generator_goes_on_where_it_was(path):
    rng = np.random.default_rng(3)
    rng.integers(10, size=3, dtype=np.uint32)  # half of 64 bits is left over
    save_checkpoint(path, {}, {"rng": rng.bit_generator.state})
    again = np.random.default_rng(4)  # of which nothing is left
    again.bit_generator.state = load_checkpoint(path)[1]["rng"]
    assert again.integers(10, dtype=np.uint32) == rng.integers(10, dtype=np.uint32)
    np.testing.assert_array_equal(again.normal(size=5), rng.normal(size=5))


def test_numpy_alone_reads_the_arrays_and_the_same_run_makes_the_same_file(path):
    save_checkpoint(path, {"w": np.arange(3)}, {"step": 4})
    with np.load(path) as members:
        header, array = (members[name] for name in members.files)
    assert json.loads(header.item()) == {"names": ["w"], "about": {"step": 4}}
    np.testing.assert_array_equal(array, [0, 1, 2])
    before = path.read_bytes()
    save_checkpoint(path, {"w": np.arange(3)}, {"step": 4})
    assert path.read_bytes() == before


# What is refused, so that nothing comes back changed


@pytest.mark.parametrize(
    ("array", "came"),
    [
        (np.array([None]), "to hold numbers or text, got objects of object"),
        (
            np.array([(None,)], [("a", object)]),
            r"to hold numbers or text, got objects of \[\('a', 'O'\)\]",
        ),
        ([1.0], "to be a plain NumPy array, got list"),
        (np.float64(1), "to be a plain NumPy array, got float64"),
        (np.ma.array([1.0], mask=[True]), "to be a plain NumPy array, got MaskedArray"),
        (np.ones((1, 1)).view(np.matrix), "to be a plain NumPy array, got matrix"),
    ],
)
def test_what_is_no_plain_array_is_named(path, array, came):
    match = rf"^expected arrays\['w'\] {came}$"
    with pytest.raises(ValueError, match=match):
        save_checkpoint(path, {"fine": np.ones(1), "w": array}, {})
    assert not path.exists()


@pytest.mark.parametrize("arrays", [[np.ones(1)], np.ones(1), None])
def test_what_is_no_dict_of_arrays_is_refused(path, arrays):
    match = f"^expected arrays to be a dict, got {type(arrays).__name__}$"
    with pytest.raises(ValueError, match=match):
        save_checkpoint(path, arrays, {})


def test_arrays_on_disk_are_saved_as_their_numbers(path, tmp_path):
    np.save(tmp_path / "w.npy", np.arange(5.0))
    save_checkpoint(path, {"w": np.load(tmp_path / "w.npy", mmap_mode="r")}, {})
    assert_same(load_checkpoint(path)[0], {"w": np.arange(5.0)})


def test_names_that_are_no_strings_are_refused(path):
    with pytest.raises(ValueError, match=r"^expected names that are str, got 1$"):
        save_checkpoint(path, {1: np.ones(1)}, {})


@pytest.mark.parametrize(
    ("value", "came"),
    [
        ((1, 2), "tuple"),
        (np.int64(1), "int64"),
        (np.ones(1), "ndarray"),
        (b"", "bytes"),
        ({1}, "set"),
        (float("nan"), "float"),
        (float("inf"), "float"),
        pytest.param(10**5000, "int", id="long"),  # Python writes no decimals this long
    ],
)
def test_what_json_cannot_give_back_is_named(path, value, came):
    match = (
        r"^expected about\['a'\]\[1\]\['b'\] to be what JSON can hold, a dict, list, str, "
        rf"finite number, bool or None, got {came}$"
    )
    with pytest.raises(ValueError, match=match):
        save_checkpoint(path, {}, {"a": [0, {"b": value}]})
    assert not path.exists()


def test_keys_that_are_no_strings_are_named(path):
    with pytest.raises(ValueError, match=r"^expected keys of about\['a'\] to be str, got 1$"):
        save_checkpoint(path, {}, {"a": {1: 2}})
    with pytest.raises(ValueError, match=r"^expected about to be a dict, got list$"):
        save_checkpoint(path, {}, [])


def test_a_generator_that_keeps_arrays_is_named(path):
    rng = np.random.Generator(np.random.MT19937(0))
    with pytest.raises(ValueError, match=r"^expected about\['rng'\]\['state'\]\['key'\] to be"):
        save_checkpoint(path, {}, {"rng": rng.bit_generator.state})


# What is not a whole checkpoint


@pytest.fixture
def small(path):
    save_checkpoint(path, {"w": np.arange(3.0)}, {"step": 1})
    return path.read_bytes()


def refusal(path, data):
    """Say what comes of loading these bytes, with FILE for their name."""
    path.write_bytes(data)
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path)
    return str(caught.value).replace(str(path), "FILE")


REFUSED = "no whole checkpoint of this version: FILE"


def test_a_file_cut_off_at_any_byte_is_refused(path, small):
    for length in range(len(small)):
        assert refusal(path, small[:length]) == REFUSED


def test_a_file_with_any_bit_flipped_is_refused(path, small):
    for at in range(len(small)):
        flipped = bytearray(small)
        flipped[at] ^= 1 << at % 8
        assert refusal(path, flipped) == REFUSED


def test_a_file_that_grew_or_was_altered_is_refused(path, small):
    assert refusal(path, small.replace(b"step", b"stop")) == REFUSED
    assert refusal(path, small + b"\n") == REFUSED


@pytest.mark.parametrize("data", [b"", b"PK", b"hello" * 99, pickle.dumps({"w": np.ones(3)})])
def test_something_else_is_refused(path, data):
    assert refusal(path, data) == REFUSED


def test_an_npz_of_another_hand_is_refused(path):
    np.savez(path, w=np.ones(3))
    assert refusal(path, path.read_bytes()) == REFUSED


def test_another_version_is_refused(path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "MARK", b"checkpoint 2")
        save_checkpoint(path, {}, {})
        load_checkpoint(path)
    assert refusal(path, path.read_bytes()) == REFUSED


def test_behind_the_data_stands_the_hash_of_mark_and_data(path, small):
    assert small[-32:] == hashlib.sha256(b"checkpoint 1" + small[:-32]).digest()
    data = small[:-32].replace(b'"step": 1', b'"step": 2')
    path.write_bytes(data + hashlib.sha256(b"checkpoint 1" + data).digest())
    assert refusal(path, data + hashlib.sha256(data).digest()) == REFUSED


def test_nothing_in_a_file_is_ever_run(path):
    file = io.BytesIO()
    np.savez(file, b'{"names": ["w"], "about": {}}', np.array([print]))
    data = file.getvalue()
    path.write_bytes(data + hashlib.sha256(checkpoints.MARK + data).digest())
    with pytest.raises(ValueError, match="allow_pickle=False"):
        load_checkpoint(path)


def test_what_the_file_system_says_stays_as_it_is(path):
    with pytest.raises(FileNotFoundError):
        load_checkpoint(path)
    with pytest.raises(IsADirectoryError):
        load_checkpoint(path.parent)
    with pytest.raises(FileNotFoundError):
        save_checkpoint(path / "no" / "folder.npz", {}, {})
    assert issubclass(CheckpointError, ValueError)


# The old file or the new one


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_save_that_fails_leaves_the_one_before(path, small, monkeypatch, call, error):
    def fail(*arguments):
        raise error

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(type(error)):
        save_checkpoint(path, {"w": np.ones(99)}, {"step": 2})
    assert path.read_bytes() == small
    assert os.listdir(path.parent) == ["run.npz"]


FILLER = """
import os, resource, signal, sys
import numpy as np
from snippets.checkpoints import save_checkpoint

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then writing fails, as on a full disk
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    save_checkpoint(sys.argv[1], {"w": np.ones(100_000), "v": np.ones(100_000)}, {"step": 2})
except OSError as error:
    print(type(error).__name__, error.errno)
"""


@pytest.mark.parametrize("room", [0, 500, 100_000, 800_150, 1_600_500, 1_600_770])
def test_a_full_disk_leaves_the_one_before_and_nothing_else(path, small, room):
    done = subprocess.run(
        [sys.executable, "-c", FILLER, path, str(room)], cwd=ROOT, capture_output=True, text=True
    )
    assert not done.returncode, done.stderr
    assert done.stdout == f"OSError {errno.EFBIG}\n"
    assert path.read_bytes() == small
    assert os.listdir(path.parent) == ["run.npz"]


def test_saving_holds_no_copy_and_loading_holds_one(path):
    arrays = {"w": np.arange(8e6), "v": np.asfortranarray(np.arange(4e6).reshape(2000, 2000))}
    size = sum(array.nbytes for array in arrays.values())  # 96 MB
    tracemalloc.start()
    try:
        save_checkpoint(path, arrays, {})
        saving_peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        loaded, _ = load_checkpoint(path)
        loading_peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert saving_peak < 0.25 * size  # NumPy writes 16 MB at a time
    assert loading_peak < 1.1 * size
    assert_same(loaded, arrays)


def test_data_reach_the_disk_before_their_name_and_the_name_after(path, monkeypatch):
    calls, fsync, replace = [], os.fsync, os.replace

    def spy_fsync(handle):
        status = os.fstat(handle)
        is_folder = stat.S_ISDIR(status.st_mode)
        calls.append("folder" if is_folder else ("file", status.st_size))
        fsync(handle)

    def spy_replace(old, new):
        assert Path(old).parent == Path(new).parent == path.parent
        calls.append("replace")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(os, "replace", spy_replace)
    save_checkpoint(path, {"w": np.ones(9)}, {})
    assert calls == [("file", path.stat().st_size), "replace", "folder"]
    monkeypatch.delattr(os, "O_DIRECTORY")  # as on a system that opens no folders
    save_checkpoint(path, {"w": np.ones(9)}, {})
    assert calls[3:] == calls[:2]


def test_handles_are_closed(path, monkeypatch):
    opened, os_open = [], os.open
    monkeypatch.setattr(os, "open", lambda *a, **k: opened.append(os_open(*a, **k)) or opened[-1])
    save_checkpoint(path, {}, {})
    assert opened
    for handle in opened:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(handle)


def test_what_a_killed_process_left_is_written_over_and_removed(path, small):
    part = path.with_name("run.npz.part")
    part.write_bytes(b"half of a checkpoint, and longer than the next one" * 99)
    assert load_checkpoint(path)[1] == {"step": 1}
    save_checkpoint(path, {}, {"step": 2})
    assert load_checkpoint(path)[1] == {"step": 2}
    assert os.listdir(path.parent) == ["run.npz"]


SAVER = """
import os, sys, time
import numpy as np
from snippets.checkpoints import load_checkpoint, save_checkpoint

path, pauses = sys.argv[1], map(float, sys.argv[2:])
last = 0
for pause in pauses:
    done, tell = os.pipe()
    child = os.fork()
    if not child:
        while True:  # until it is killed
            last += 1
            save_checkpoint(path, {"w": np.full(20_000, last)}, {"step": last})
            os.write(tell, last.to_bytes(4, "big"))
    os.close(tell)
    last = int.from_bytes(os.read(done, 4), "big")  # it is at work
    time.sleep(pause)
    os.kill(child, 9)
    os.waitpid(child, 0)
    while told := os.read(done, 4):
        last = int.from_bytes(told, "big")
    os.close(done)
    arrays, about = load_checkpoint(path)
    assert about["step"] in (last, last + 1), (about, last)
    assert (arrays["w"] == about["step"]).all()
    last = about["step"]
print(last)
"""


def test_a_process_killed_at_any_moment_leaves_a_whole_checkpoint(path):
    # one process imports NumPy and forks those that are killed: twenty imports cost seconds
    rng = random.Random(0)
    pauses = [str(rng.uniform(0, 0.012)) for _ in range(20)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SAVER, path, *pauses],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr
    assert int(done.stdout) >= 20
    save_checkpoint(path, {}, {})
    assert os.listdir(path.parent) == ["run.npz"]


# A run that is resumed


def noisy(params, batch, state):
    """Remember the batch in an RNN; the batch comes with its noise."""
    a, state, tape = rnn_forward(RNNParams(*params), batch, state)
    d_params, _, _ = rnn_backward(RNNParams(*params), tape, a)
    return float((a**2).sum() / 2), list(d_params), state


def batches(rng, steps, dtype):
    for _ in range(steps):
        yield rng.normal(size=(5, 2, 3)).astype(dtype)


def flat(name, arrays):
    return {f"{name} {i}": array for i, array in enumerate(arrays)}


def listed(name, arrays):
    return [array for key, array in arrays.items() if key.startswith(name + " ")]


def take(rng, progress):
    """Keep all that the rest of the run depends on."""
    inner, about = progress.memory.memory, {"rng": rng.bit_generator.state}
    arrays = flat("w", progress.params) | flat("state", progress.state)
    if isinstance(inner, AdamState):
        about["adam"] = inner.step
        arrays |= flat("mean", inner.mean) | flat("square", inner.square)
    else:
        arrays |= flat("velocity", inner)
    return arrays, about | {"step": progress.memory.step}


def resume(path):
    """Make the arguments of `train` again, and the generator, from the file alone."""
    arrays, about = load_checkpoint(path)
    rng = np.random.default_rng(4)  # of which nothing is left
    rng.bit_generator.state = about["rng"]
    inner = listed("velocity", arrays)
    if "adam" in about:
        inner = AdamState(about["adam"], listed("mean", arrays), listed("square", arrays))
    memory = init_scheduled(inner)._replace(step=about["step"])
    return listed("w", arrays), memory, RNNState(*listed("state", arrays)), rng


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("rule", "init"), [(adam, init_adam), (momentum, init_momentum)])
def test_a_resumed_run_has_the_same_bits(path, rule, init, dtype):
    schedule = partial(cosine_decay, peak=0.05, steps=20, warm_up=3)
    update = partial(scheduled, rule=rule, schedule=schedule)
    clip = partial(clip_by_global_norm, threshold=1.0)

    def run(params, memory, state, rng, steps, report=lambda progress: None):
        text = batches(rng, steps, dtype)
        last = train(
            noisy, params, text, update, memory=memory, state=state, clip=clip, report=report
        )
        return take(rng, Progress(steps, 0.0, 0.0, *last))

    def start():
        rng = np.random.default_rng(0)
        params = list(init_rnn(rng, 2, 4, dtype=dtype))
        return params, init_scheduled(init(params)), RNNState(np.zeros((4, 3), dtype)), rng

    whole, about = run(*start(), 20)
    first = start()
    run(*first, 12, saving(path, partial(take, first[-1]), every=5))
    assert load_checkpoint(path)[1]["step"] == 10
    rest, about_rest = run(*resume(path), 10)
    assert {array.dtype for array in rest.values()} == {np.dtype(dtype)}
    assert_same(rest, whole)
    assert about_rest == about  # with it, all later draws


# A run that explodes


def bowl(params, batch, state):
    with np.errstate(over="ignore"):
        return float((params[0] ** 2).sum()), [2 * params[0]], state


def explode(path, at, every):
    """Descend, with an update that throws the weights to where the loss overflows."""

    def take(progress):
        return {"w": progress.params[0]}, {"step": progress.step}

    with pytest.raises(DivergedError, match=rf"got inf at step {at + 1}:"):
        train(
            bowl,
            [np.array([1.0, -2.0])],
            range(20),
            partial(scheduled, rule=descend, schedule=lambda s: 1e200 if s == at else 0.1),
            memory=init_scheduled(),
            clip=unclipped,
            report=saving(path, take, every=every),
        )


@pytest.mark.parametrize("every", [1, 4])
@pytest.mark.parametrize("at", range(1, 13))
def test_a_run_that_explodes_leaves_what_had_a_finite_loss(path, at, every):
    explode(path, at, every)
    good = (at - 1) // every * every
    assert path.exists() == (good > 0)
    if good:
        arrays, about = load_checkpoint(path)
        assert about["step"] == good
        np.testing.assert_allclose(arrays["w"], np.array([1.0, -2.0]) * 0.8**good, rtol=1e-12)
        assert np.isfinite(bowl([arrays["w"]], None, None)[0])


def test_a_report_that_saves_at_once_would_keep_what_exploded(path):
    # what `saving` is for: the parameters that a report gets may be the broken ones
    seen = []
    with pytest.raises(DivergedError):
        train(
            bowl, [np.ones(1)], range(9), partial(descend, learning_rate=1e200),
            clip=unclipped, report=lambda progress: seen.append(progress.params[0][0]),
        )  # fmt: skip
    assert abs(seen[-1]) > 1e199


def test_a_gradient_that_overflows_while_the_loss_does_not_leaves_the_file_too(path):
    def model(params, batch, state):
        return 1.0, [np.full(2, np.inf if batch == 6 else 1.0)], state

    def take(progress):
        return {"w": progress.params[0]}, {"step": progress.step}

    rule, report = partial(descend, learning_rate=1.0), saving(path, take, every=1)
    with pytest.raises(ValueError, match=r"expected gradients\[0\] to be finite"):
        train(model, [np.zeros(2)], range(1, 9), rule, clip=unclipped, report=report)
    arrays, about = load_checkpoint(path)
    assert about["step"] == 4  # that 5 has a finite loss was not reported
    np.testing.assert_array_equal(arrays["w"], [-4, -4])


@pytest.mark.parametrize("bad", [np.nan, np.inf, np.complex64(np.nan)])
def test_weights_that_are_no_numbers_are_not_saved_even_if_the_loss_is_one(path, small, bad):
    report = saving(path, lambda progress: ({"n": np.arange(2), "w": progress.params}, {}), every=1)
    report(Progress(1, 1.0, 1.0, np.array([bad, 1]), None, None))
    match = r"^expected finite arrays\['w'\], got NaN or infinity: the checkpoint before is kept$"
    with pytest.raises(ValueError, match=match):
        report(Progress(2, 1.0, 1.0, np.ones(2), None, None))
    assert path.read_bytes() == small


def test_what_is_no_plain_array_is_named_by_the_loop_too(path):
    report = saving(path, lambda progress: ({"w": [1.0]}, {}), every=1)
    report(Progress(1, 1.0, 1.0, [], None, None))
    with pytest.raises(ValueError, match=r"^expected arrays\['w'\] to be a plain NumPy array"):
        report(Progress(2, 1.0, 1.0, [], None, None))


def test_what_is_held_back_is_a_copy(path):
    w, about = np.ones(2), {"losses": []}
    report = saving(path, lambda progress: ({"w": w}, about), every=1)
    report(Progress(1, 1.0, 1.0, [], None, None))
    w[:] = 9
    about["losses"].append(9)
    report(Progress(2, 1.0, 1.0, [], None, None))
    arrays, loaded = load_checkpoint(path)
    np.testing.assert_array_equal(arrays["w"], [1, 1])
    assert loaded == {"losses": []}


def test_it_saves_each_so_many_updates_one_report_later(path):
    report, seen = saving(path, lambda progress: ({}, {"step": progress.step}), every=3), []
    for step in range(1, 9):
        report(Progress(step, 1.0, 1.0, [], None, None))
        seen.append(load_checkpoint(path)[1]["step"] if path.exists() else 0)
        path.unlink(missing_ok=True)
    assert seen == [0, 0, 0, 3, 0, 0, 6, 0]


def test_updates_are_counted_through_many_short_runs(path):
    params, saved = [np.ones(1)], []
    report = saving(path, lambda progress: ({"w": progress.params[0]}, {}), every=5)
    for _ in range(4):  # a pass is shorter than what lies between two checkpoints
        params, _, _ = train(
            bowl, params, range(3), partial(descend, learning_rate=0.25),
            clip=unclipped, report=report,
        )  # fmt: skip
        saved.append(load_checkpoint(path)[0]["w"].item() if path.exists() else None)
    assert saved == [None, 0.5**5, 0.5**5, 0.5**10]


@pytest.mark.parametrize("every", [0, -1, 0.5, 1.5, float("nan"), float("inf")])
def test_how_often_is_at_least_once(path, every):
    match = f"^expected every to be a whole number of at least 1, got {every}$"
    with pytest.raises(ValueError, match=match):
        saving(path, lambda progress: ({}, {}), every=every)


def test_a_link_goes_on_leading_to_the_checkpoint(tmp_path):
    (tmp_path / "disk").mkdir()
    link = tmp_path / "run.npz"
    link.symlink_to(tmp_path / "disk/run.npz")
    save_checkpoint(link, {"w": np.ones(2)}, {})
    save_checkpoint(link, {"w": np.zeros(2)}, {})
    assert link.is_symlink()
    assert [path.name for path in (tmp_path / "disk").iterdir()] == ["run.npz"]
    np.testing.assert_array_equal(load_checkpoint(tmp_path / "disk/run.npz")[0]["w"], [0, 0])
