"""The fast cells give the numbers of lstm.py and gru_reset_after.py, as docs/fast.md says."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from docs.figures.fast import EPYC, NAMES, RECORDS, XEON, ratio, timings
from docs.figures.fast_settings import SETTINGS
from snippets import fast, gru_reset_after, lstm
from tests.nested import arrays, assert_slopes, like
from tests.numeric import error, peak_bytes
from tests.parity.stages import stages

SIZES = {"n_x": 3, "m": 2, "n_a": 7, "T": 13}  # no two alike, no two sums alike
CELLS = {
    "lstm": SimpleNamespace(
        init=lstm.init_lstm,
        readable=(lstm.lstm_forward, lstm.lstm_backward),
        fast=(fast.fast_lstm_forward, fast.fast_lstm_backward),
        tape=fast.FastLSTMTape,
    ),
    "gru": SimpleNamespace(
        init=gru_reset_after.init_gru_reset_after,
        readable=(
            gru_reset_after.gru_reset_after_forward,
            gru_reset_after.gru_reset_after_backward,
        ),
        fast=(fast.fast_gru_forward, fast.fast_gru_backward),
        tape=fast.FastGRUTape,
    ),
}
SHAPES = [(1, 1, 1, 1), (1, 3, 2, 4), (5, 1, 3, 2), (4, 3, 1, 2), (3, 2, 4, 1), (3, 2, 7, 13)]
LONG = [  # n_x, m, n_a, T: one step less than a chunk, a chunk, one more, and several
    *((2, 1, 3, T) for T in (256, 257, 258)),
    *((1, 30, 5, T) for T in (16, 17, 18, 51, 60)),
    (2, 600, 3, 4),  # each step is a chunk
    (33, 4, 65, 150),
]


@pytest.fixture(params=CELLS)
def cell(request):
    return CELLS[request.param]


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    for cell in CELLS.values():
        params, x, state_0, da, d_state_T = draw(cell, *SIZES.values())
        run(cell.fast, params, x, state_0, da, d_state_T)


def draw(cell, n_x=3, m=2, n_a=7, T=13, seed=0, dtype=np.float64):
    """Draw weights (biases too), a sequence, a state, and the two gradients that come in."""
    rng = np.random.default_rng(seed)
    params = cell.init(rng, n_x, n_a, dtype=dtype)
    params = params._make((w + rng.normal(scale=0.3, size=w.shape)).astype(dtype) for w in params)
    x, da = (rng.normal(size=(T, n, m)).astype(dtype) for n in (n_x, n_a))
    _, zeros, _ = cell.readable[0](params, x[:0])
    return params, x, like(rng, zeros), da, like(rng, zeros)


def run(functions, params, x, state_0, da, d_state_T, **reused):
    """Return all that a forward and a backward pass compute, apart from the tape."""
    forward, backward = functions
    a, state_T, tape = forward(params, x, state_0, **reused)
    return a, state_T, backward(params, tape, da, d_state_T)


def assert_close(found, expected, bound):
    """Compare arrays, each relative to its largest element."""
    for one, other in zip(arrays(found), arrays(expected), strict=True):
        assert one.dtype == other.dtype
        assert error(one, other, least=1) <= bound


@pytest.mark.parametrize("shape", SHAPES + LONG)
def test_fast_cells_compute_what_the_readable_ones_do(cell, shape):
    given = draw(cell, *shape)
    assert_close(run(cell.fast, *given), run(cell.readable, *given), 1e-12)


@pytest.mark.parametrize(("n_x", "m", "n_a", "T"), [(8, 1, 32, 100), (16, 32, 65, 60)])
def test_in_float32_they_are_as_exact_as_the_readable_ones(cell, n_x, m, n_a, T):
    given = draw(cell, n_x, m, n_a, T, dtype=np.float32)
    wide = [tuple(w.astype(float) for w in it) if isinstance(it, tuple) else it.astype(float)
            for it in given]  # fmt: skip
    exact = [*arrays(run(cell.readable, *wide))]

    def apart(functions):
        found = arrays(run(functions, *given))
        assert all(array.dtype == np.float32 for array in arrays(run(functions, *given)))
        pairs = zip(found, exact, strict=True)
        return max(error(one.astype(float), other) for one, other in pairs)

    assert apart(cell.fast) <= 2 * apart(cell.readable) < 1e-4


def test_gradients_are_the_slopes_of_the_loss(cell):
    params, x, state_0, _, _ = draw(cell, n_a=3, T=4)
    assert_slopes(*cell.fast, (params,), (x, state_0), by="element")


@pytest.mark.parametrize("T", [0, 1])
def test_no_steps_and_no_states(cell, T):
    params, x, _, da, _ = draw(cell, T=T)
    given = params, x, None, da, None
    assert_close(run(cell.fast, *given), run(cell.readable, *given), 1e-12)


def test_a_tape_is_filled_again_or_replaced(cell):
    forward, backward = cell.fast
    tape, kinds = None, (np.float64, np.float32)
    for (n_x, m, n_a, T), dtype in product([*SHAPES, *SHAPES[::-1]], kinds):
        given = params, x, state_0, da, d_state_T = draw(cell, n_x, m, n_a, T, dtype=dtype)
        kept, once = tape, run(cell.fast, *given)
        a, state_T, tape = forward(params, x, state_0, tape)
        again = a, state_T, backward(params, tape, da, d_state_T)
        for one, other in zip(arrays(again), arrays(once), strict=True):
            np.testing.assert_array_equal(one, other)
        alike = kept is not None and [(it.shape, it.dtype) for it in kept] == [
            (it.shape, it.dtype) for it in tape
        ]
        assert (tape is kept) == alike


def test_one_call_leaves_the_results_of_another_alone(cell):
    forward, backward = cell.fast
    first, second = draw(cell), draw(cell, seed=1)
    a, state_T, tape = forward(*first[:3])
    results = a, state_T, backward(first[0], tape, *first[3:])
    before = [array.copy() for array in arrays(results)]
    run(cell.fast, *second)  # has a tape of its own
    again = backward(first[0], tape, *first[3:])  # twice on one tape
    for one, other in zip(arrays(again), arrays(results[2]), strict=True):
        np.testing.assert_array_equal(one, other)
    run(cell.fast, *second, tape=tape)
    for array, copy in zip(arrays(results), before, strict=True):
        np.testing.assert_array_equal(array, copy)
        assert not any(np.shares_memory(array, kept) for kept in tape)


def test_arguments_stay_as_they_are(cell):
    given = draw(cell)
    for array in arrays(given):
        array.flags.writeable = False
    results = run(cell.fast, *given)
    for array in arrays(results):
        assert not any(np.shares_memory(array, it) for it in arrays(given))


def test_plain_tuples_and_mixed_types_are_taken(cell):
    params, x, state_0, da, d_state_T = draw(cell)
    plain = [*params], x, tuple(state_0), da, [*d_state_T]
    expected = run(cell.readable, params, x, state_0, da, d_state_T)
    assert_close(run(cell.fast, *plain), expected, 1e-12)
    narrow = x.astype(np.float32)
    given = params, narrow, state_0, da, d_state_T
    assert_close(run(cell.fast, *given), run(cell.readable, *given), 1e-12)


def test_what_does_not_fit_is_named(cell):
    params, x, state_0, da, _ = draw(cell)
    forward, backward = cell.fast
    _, _, tape = forward(params, x, state_0)
    with pytest.raises(ValueError, match=r"expected x \(T, 3, m\) of floats, got ndarray \(3, 2\)"):
        forward(params, x[0])
    with pytest.raises(ValueError, match=r"expected state.a \(7, 2\) of floats, got"):
        forward(params, x, [it[1:] for it in state_0])
    with pytest.raises(ValueError, match=r"expected params as \w+Params\(W_., .* got ndarray"):
        forward(x, x)
    with pytest.raises(ValueError, match=r"expected da \(13, 7, 2\) of floats, got"):
        backward(params, tape, da[1:])
    with pytest.raises(ValueError, match=r"expected d_state_T.a \(7, 2\) of floats, got"):
        backward(params, tape, da, [it[1:] for it in state_0])
    with pytest.raises(ValueError, match=r"expected params as"):
        backward(params[1:], tape, da)


def test_a_tape_of_something_else_is_refused(cell):
    params, x, state_0, da, _ = draw(cell)
    forward, backward = cell.fast
    _, _, of_readable = cell.readable[0](params, x, state_0)
    for call in (
        lambda: forward(params, x, state_0, of_readable),
        lambda: backward(params, of_readable, da),
    ):
        with pytest.raises(ValueError, match=rf"expected tape as {cell.tape.__name__}\("):
            call()
    wider = draw(cell, n_a=8)
    _, _, tape = forward(*wider[:3])
    with pytest.raises(ValueError, match=r"expected tape\.\w+ \((T|T \+ 1), 7, m\) of floats, got"):
        backward(params, tape, da)


def test_they_take_no_more_memory_than_half_as_much_again(cell):
    given = draw(cell, n_x=16, m=16, n_a=64, T=100, dtype=np.float32)
    readable = peak_bytes(lambda: run(cell.readable, *given))
    assert peak_bytes(lambda: run(cell.fast, *given)) < 1.5 * readable


@pytest.mark.parametrize("m", [1, 20, 32, 511, 512, 5000])
def test_chunks_cover_all_steps_once_and_have_about_512_columns(m):
    for T in (0, 1, 7, 300):
        found = fast.chunks(T, m)
        steps = [t for chunk in found for t in range(T)[chunk]]
        assert sorted(steps) == [*range(T)]
        assert [it.start for it in found] == sorted((it.start for it in found), reverse=True)
        columns = max((len(range(T)[it]) * m for it in found), default=0)
        assert columns <= max(fast.COLUMNS + m, m)


def test_the_stages_that_are_timed_compute_what_the_readable_cell_does():
    params, x, _, da, _ = draw(CELLS["lstm"], T=20)
    several = stages()
    expected = several["readable"](params, x, da)
    for stage in [*several.values(), several["same tape"]]:
        assert_close(stage(params, x, da), expected, 1e-12)


def saved(cell, size, measured=None):
    """Return the share of the readable cell's time that the fast one saves in a training step."""
    return 1 - ratio(cell, size, "fast", measured) / ratio(cell, size, "readable", measured)


def test_the_fast_cells_save_as_much_as_the_page_says():
    assert 0.35 < saved("LSTM", "128 alone") < 0.45  # two fifths
    assert 0.12 < saved("LSTM", "128") < 0.17  # a seventh
    assert 0.08 < saved("LSTM", "256") < 0.12  # a tenth
    assert 0 < saved("LSTM", "512") < 0.03  # next to nothing
    assert -0.05 < saved("LSTM", "650") < 0  # it loses a little
    assert all(saved("GRU", size) > 0 for size in NAMES)


def test_no_cell_is_faster_than_its_matrix_products():
    for measured, _ in SETTINGS.values():
        for cell, size in product(("LSTM", "GRU"), NAMES):
            products, fast = (ratio(cell, size, it, measured) for it in ("products", "fast"))
            assert products < fast, (cell, size)


def test_the_fast_cells_beside_pytorch_are_as_the_page_says():
    assert all(ratio("GRU", size, "fast") < 0.95 for size in ("128 alone", "128", "256"))
    assert 0.97 < ratio("GRU", "512", "fast") < 1.03
    assert 1.15 < ratio("GRU", "650", "fast") < 1.2  # a sixth more
    assert 1.12 < ratio("LSTM", "512", "fast") < 1.17  # a seventh more
    assert all(ratio("LSTM", size, "fast") >= 1.5 for size in NAMES if size != "512")
    slower = {size for size in NAMES if ratio("LSTM", size, "products") > 1}
    assert slower == {"256", "650"}  # PyTorch's products are faster


def test_pytorch_s_gru_beside_its_lstm_is_as_the_page_says():
    def pytorch(cell, size):
        return timings()["sizes"][cell][size]["training step"]["PyTorch"]["ms"]

    beside = {size: pytorch("GRU", size) / pytorch("LSTM", size) for size in NAMES}
    assert max(beside, key=beside.get) == "128 alone"
    assert 7 < beside["128 alone"] < 8
    assert 0.77 < beside["512"] < 0.83  # a fifth less


def test_without_avx_512_the_lstm_comes_closer_to_pytorch():
    without = timings(EPYC, "Haswell")
    assert not RECORDS[EPYC]["has AVX-512"]
    assert RECORDS[XEON]["has AVX-512"]
    assert 0.97 < ratio("LSTM", "512", "fast", without) < 1.03
    for size in ("128", "256"):
        assert 1.1 < ratio("LSTM", size, "fast", without) < 1.2
    assert 1.3 < ratio("LSTM", "650", "fast", without) < 1.36  # a third longer
    assert 1.8 < ratio("LSTM", "128 alone", "fast", without) < 2  # nearly twice as long
    for size in ("128", "256", "512", "650"):
        assert ratio("LSTM", size, "fast", without) < ratio("LSTM", size, "fast")
    assert all(ratio("GRU", size, "fast", without) < 1 for size in NAMES)


def test_with_another_kernel_the_products_take_up_to_twice_as_long():
    other = timings(XEON, "Haswell")
    slower = [
        ratio(cell, size, "products", other) / ratio(cell, size, "products")
        for cell, size in product(("LSTM", "GRU"), NAMES)
    ]
    assert 1.7 < max(slower) < 2.1


def test_the_changes_gain_most_where_calls_take_most_of_the_time():
    stages_of = timings()["stages"]
    steps = {
        size: [stages_of[size][stage]["ratio"][1] for stage in stages_of[size]] for size in NAMES
    }
    assert min(steps, key=lambda size: steps[size][-1]) == "128 alone"
    for readable, _, filled, chunks, same_tape in steps.values():
        assert readable == 1
        assert filled < 1.03
        assert 0.9 < same_tape / chunks < 1.03
    one_product = {size: it[1] for size, it in steps.items()}
    assert 0.93 < one_product.pop("128 alone") < 0.96  # a twentieth less
    assert 1.04 < one_product.pop("128") < 1.07  # a twentieth more
    assert all(abs(it - 1) < 0.02 for it in one_product.values())
    chunks_gain = {size: it[2] - it[3] for size, it in steps.items()}
    assert max(chunks_gain, key=chunks_gain.get) == "128 alone"
    tape_gains = {size for size, it in steps.items() if it[4] < 0.98 * it[3]}
    assert tape_gains == {"512"}
    assert steps["650"][-1] > 0.95
    for size in NAMES:
        assert abs(1 - steps[size][-1] - saved("LSTM", size)) < 0.1


def test_sequences_share_what_steps_repeat():
    growth = timings()["growth"]
    took = {what: {n: it["fast"]["ms"] for n, it in growth[what].items()} for what in "Tm"}
    assert took["m"]["8"] < 5 * took["m"]["1"]
    assert 1.7 < took["T"]["200"] / took["T"]["100"] < 2.3


def test_the_fast_cells_took_as_much_memory_as_the_page_says():
    for cell, size in product(("LSTM", "GRU"), NAMES):
        took = timings()["memory"][cell][size]
        most = 1 if size in ("128", "256", "512") else 2
        assert took["fast"] < most * took["readable"], (cell, size)


def test_blocks_of_rows_help_with_one_kernel_and_harm_with_the_other():
    def blocks(measured):
        return {size: it["blocks"]["ratio"][1] for size, it in measured["blocks"].items()}

    skylake = blocks(timings())
    assert 0.65 < skylake["128"] < 0.8  # a quarter less
    assert all(0.92 < skylake[size] < 0.97 for size in ("256", "650"))  # a twentieth less
    assert skylake["512"] > 1.1
    for processor in (XEON, EPYC):
        haswell = blocks(timings(processor, "Haswell"))
        assert all(haswell[size] > 1.01 for size in NAMES if size != "128 alone"), haswell
