"""What every cell promises: one suite over all of them, found by their names.

A cell is a snippet NAME with `init_NAME`, `NAME_step`, `NAME_forward`, `NAME_backward`.
"""

import importlib
import sys
from collections import namedtuple
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.nested import arrays, assert_equal, assert_slopes, like

ROOT = Path(__file__).parents[1]


def find_cells():
    """Import each snippet that defines the four functions of a cell."""
    cells = []
    for name in sorted(path.stem for path in (ROOT / "snippets").glob("[a-z]*.py")):
        module = importlib.import_module(f"snippets.{name}")
        verbs = ("step", "forward", "backward")
        functions = {verb: getattr(module, f"{name}_{verb}", None) for verb in verbs}
        functions["init"] = getattr(module, f"init_{name}", None)
        if all(functions.values()):
            state = next(value for key, value in vars(module).items() if key.endswith("State"))
            cells.append(pytest.param(SimpleNamespace(State=state, **functions), id=name))
    return cells


@pytest.fixture(params=find_cells())
def cell(request):
    return request.param


def case(cell, n_x=3, m=2, n_a=7, T=13, seed=0, dtype=np.float64):
    """Draw weights (biases too), a sequence, a state and the two gradients that come in."""
    rng = np.random.default_rng(seed)
    params = cell.init(rng, n_x, n_a, dtype=dtype)
    params = params._make((w + rng.normal(scale=0.1, size=w.shape)).astype(dtype) for w in params)

    def draw(*shape):
        return rng.normal(size=shape).astype(dtype)

    x = draw(T, n_x, m)
    _, zeros, _ = cell.forward(params, x[:0])  # a state of the shapes that the cell has
    return params, x, like(rng, zeros), draw(T, n_a, m), like(rng, zeros)


def assert_separate(several):
    """No two arrays share memory."""
    assert not any(np.shares_memory(one, other) for one, other in combinations(several, 2))


EDGES = [(1, 1, 1, 1), (1, 3, 2, 4), (5, 1, 3, 2), (4, 3, 1, 2), (3, 2, 4, 1)]  # a 1 in each place
SHAPES = [*EDGES, *map(tuple, np.random.default_rng(42).integers(2, 6, (15, 4)).tolist())]


@pytest.mark.untraced  # twice as fast; other tests run the same lines
@pytest.mark.parametrize(("T", "n_x", "m", "n_a"), SHAPES)
def test_the_gradient_is_the_slope_of_the_loss(cell, T, n_x, m, n_a):
    params, x, state_0, _, _ = case(cell, n_x, m, n_a, T, seed=T + 7 * n_a)
    assert_slopes(cell.forward, cell.backward, (params,), (x, state_0), by="element")


# claims W5, R1
def test_forward_is_the_step_repeated(cell):
    params, x, state, _, _ = case(cell)
    a, state_T, _ = cell.forward(params, x, state)
    for a_t, x_t in zip(a, x, strict=True):
        state, _ = cell.step(params, x_t, state)
        np.testing.assert_array_equal(a_t, state.a)
    assert_equal(state_T, state)


# claims W2, R4, L3, G4
def test_two_halves_make_a_whole(cell):
    params, x, state_0, da, d_state_T = case(cell)
    a, state_T, tape = cell.forward(params, x, state_0)
    d_params, dx, d_state_0 = cell.backward(params, tape, da, d_state_T)

    a_1, middle, tape_1 = cell.forward(params, x[:5], state_0)
    a_2, end, tape_2 = cell.forward(params, x[5:], middle)
    d_2, dx_2, d_middle = cell.backward(params, tape_2, da[5:], d_state_T)
    d_1, dx_1, d_start = cell.backward(params, tape_1, da[:5], d_middle)

    np.testing.assert_array_equal(a, np.concatenate([a_1, a_2]))
    assert_equal(state_T, end)
    np.testing.assert_allclose(dx, np.concatenate([dx_1, dx_2]), rtol=1e-12)
    for whole, first in zip(d_state_0, d_start, strict=True):
        np.testing.assert_allclose(whole, first, rtol=1e-12)
    for whole, first, second in zip(d_params, d_1, d_2, strict=True):
        np.testing.assert_allclose(whole, first + second, rtol=1e-9, atol=1e-12)


# claim R7
def test_examples_do_not_see_each_other(cell):
    params, x, state_0, da, d_state_T = case(cell)
    a, _, tape = cell.forward(params, x, state_0)
    _, dx, _ = cell.backward(params, tape, da, d_state_T)

    def only(state):
        return cell.State(*(s[..., 1:] for s in state))

    alone, _, tape_1 = cell.forward(params, x[:, :, 1:], only(state_0))
    _, dx_1, _ = cell.backward(params, tape_1, da[:, :, 1:], only(d_state_T))
    # a product of other width may add in another order: rounding only
    np.testing.assert_allclose(a[:, :, 1:], alone, rtol=1e-10)
    np.testing.assert_allclose(dx[:, :, 1:], dx_1, rtol=1e-10, atol=1e-12)


def test_no_gradient_for_the_last_state_means_zero(cell):
    params, x, state_0, da, d_state_T = case(cell)
    _, _, tape = cell.forward(params, x, state_0)
    zero = d_state_T._make(np.zeros_like(s) for s in d_state_T)
    without, given = cell.backward(params, tape, da), cell.backward(params, tape, da, zero)
    for left, right in zip(
        (*without[0], without[1], *without[2]), (*given[0], given[1], *given[2]), strict=True
    ):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("T", [0, 13])
def test_no_state_means_zeros(cell, T, dtype):
    params, x, state_0, da, _ = case(cell, T=T, dtype=dtype)
    zeros = state_0._make(np.zeros_like(s) for s in state_0)
    for given in [(params, x), (params, x, None)]:
        a, state_T, tape = cell.forward(*given)
        expected, expected_T, expected_tape = cell.forward(params, x, zeros)
        assert_equal((a, state_T), (expected, expected_T))
        d_params, dx, d_state_0 = cell.backward(params, tape, da)
        assert_equal((d_params, dx, d_state_0), cell.backward(params, expected_tape, da))
        assert {array.dtype for array in (a, *state_T, *d_state_0)} == {np.dtype(dtype)}
    x_t = np.ones((3, 2), dtype)
    assert_equal(cell.step(params, x_t), cell.step(params, x_t, zeros))
    assert_equal(cell.step(params, x_t, None), cell.step(params, x_t, zeros))


def test_states_that_stand_for_zeros_share_no_memory(cell):
    params, x, _, _, _ = case(cell, T=0)
    _, state_T, tape = cell.forward(params, x)
    assert_separate([*state_T, *tape.states[0]])


@pytest.mark.parametrize("kind", [tuple, list])
def test_plain_sequences_are_taken_in_the_order_of_the_fields(cell, kind):
    params, x, state_0, da, d_state_T = case(cell)
    plain = kind(params)
    a, state_T, tape = cell.forward(plain, x, kind(state_0))
    assert_equal((a, state_T), cell.forward(params, x, state_0)[:2])
    assert type(state_T) is type(state_0)
    assert_equal(cell.step(plain, x[0], kind(state_0)), cell.step(params, x[0], state_0))
    gradients = cell.backward(plain, tape, da, kind(d_state_T))
    assert_equal(gradients, cell.backward(params, tape, da, d_state_T))
    assert type(gradients[0]) is type(params)


def test_what_is_no_sequence_of_the_right_length_is_named(cell):
    params, x, state_0, da, d_state_T = case(cell)
    _, _, tape = cell.forward(params, x, state_0)
    Other = namedtuple("Other", [f"other_{field}" for field in params._fields])
    for bad, came in [
        (params._asdict(), "dict"),
        (list(params)[:-1], f"list of {len(params) - 1}"),
        ((*params, params[0]), f"tuple of {len(params) + 1}"),
        (Other(*params), f"Other of {len(params)}"),
        (iter(params), "tuple_iterator"),
        (params[0], "ndarray"),
        (None, "NoneType"),
    ]:
        named = rf"^expected params as \w+Params\({', '.join(params._fields)}\) or .* got {came}$"
        for call in [
            lambda bad=bad: cell.forward(bad, x, state_0),
            lambda bad=bad: cell.step(bad, x[0], state_0),
            lambda bad=bad: cell.backward(bad, tape, da, d_state_T),
        ]:
            with pytest.raises(ValueError, match=named):
                call()
    for bad, came in [
        (state_0._asdict(), "dict"),
        ((*state_0, state_0.a), f"tuple of {len(state_0) + 1}"),
        (state_0.a, "ndarray"),
        (np.stack([state_0.a] * len(state_0)), "ndarray"),
        (0, "int"),
        ("", "str"),
    ]:
        named = (
            rf"as \w+State\({', '.join(state_0._fields)}\) or a tuple or list like it, got {came}$"
        )
        with pytest.raises(ValueError, match=f"expected state {named}"):
            cell.forward(params, x, bad)
        with pytest.raises(ValueError, match=f"expected state {named}"):
            cell.step(params, x[0], bad)
        with pytest.raises(ValueError, match=f"expected d_state_T {named}"):
            cell.backward(params, tape, da, bad)


def test_arrays_that_mean_something_else_by_times_and_sum_are_named(cell):
    # n_x = m = n_a, so that a matrix would multiply without an error
    params, x, state_0, da, d_state_T = case(cell, n_x=3, m=3, n_a=3)
    _, _, tape = cell.forward(params, x, state_0)

    def masked(array):
        return np.ma.array(array, mask=np.arange(array.size).reshape(array.shape) == 1)

    def matrix(array):
        return array.view(np.matrix)

    for other in (masked, matrix):
        for field, array in params._asdict().items():
            bad = params._replace(**{field: other(array)})
            for call in [
                lambda bad=bad: cell.forward(bad, x, state_0),
                lambda bad=bad: cell.step(bad, x[0], state_0),
                lambda bad=bad: cell.backward(bad, tape, da, d_state_T),
            ]:
                with pytest.raises(ValueError, match=rf"expected {field} .*(Masked|matrix)"):
                    call()
        for field, array in state_0._asdict().items():
            if other is matrix and array.ndim > 2:
                continue  # a matrix has two axes
            bad = state_0._replace(**{field: other(array)})
            with pytest.raises(ValueError, match=rf"expected state\.{field} .*(Masked|matrix)"):
                cell.forward(params, x, bad)
            with pytest.raises(ValueError, match=rf"expected d_state_T\.{field} .*(Masked|matrix)"):
                cell.backward(params, tape, da, bad)
        with pytest.raises(ValueError, match=r"expected x_t .*(Masked|matrix)"):
            cell.step(params, other(x[0]), state_0)
    with pytest.raises(ValueError, match=r"expected x .*MaskedArray"):
        cell.forward(params, masked(x), state_0)
    with pytest.raises(ValueError, match=r"expected da .*MaskedArray"):
        cell.backward(params, tape, masked(da), d_state_T)


def test_arrays_on_disk_are_fine(cell, tmp_path):
    params, x, state_0, da, _ = case(cell)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    a, _, tape = cell.forward(params, mapped, state_0)
    np.testing.assert_array_equal(a, cell.forward(params, x, state_0)[0])
    gradients = arrays(cell.backward(params, tape, da))
    assert {type(array) for array in (a, *gradients)} == {np.ndarray}


def test_shapes_are_checked_once_and_not_at_each_step(cell, monkeypatch):
    params, x, state_0, da, d_state_T = case(cell)
    module = sys.modules[cell.forward.__module__]
    check, seen = module.check, []

    def counting(name, *arguments):
        seen.append(name)
        check(name, *arguments)

    monkeypatch.setattr(module, "check", counting)
    _, _, tape = cell.forward(params, x, state_0)
    cell.backward(params, tape, da, d_state_T)
    for name in ("x", "da", *(f"state.{field}" for field in state_0._fields)):
        assert seen.count(name) == 1
    assert "x_t" not in seen


def test_a_tape_of_other_units_is_named(cell):
    params, x, state_0, da, d_state_T = case(cell)
    _, _, tape = cell.forward(params, x, state_0)
    smaller = case(cell, n_a=5)[0]
    with pytest.raises(ValueError, match=r"expected tape\.states\[-1\]\.a \(5, m\) of floats, got"):
        cell.backward(smaller, tape, da, d_state_T)


def test_arguments_stay_as_they_were(cell):
    params, x, state_0, da, d_state_T = case(cell)
    given = (*params, x, *state_0, da, *d_state_T)
    before = [array.copy() for array in given]
    _, _, tape = cell.forward(params, x, state_0)
    cell.backward(params, tape, da, d_state_T)
    for now, then in zip(given, before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_read_only_arrays_are_fine(cell):
    params, x, state_0, da, d_state_T = case(cell)
    a, _, tape = cell.forward(params, x, state_0)
    _, dx, _ = cell.backward(params, tape, da, d_state_T)
    for array in (*params, x, *state_0, da, *d_state_T):
        array.flags.writeable = False
    a_again, _, tape = cell.forward(params, x, state_0)
    _, dx_again, _ = cell.backward(params, tape, da, d_state_T)
    np.testing.assert_array_equal(a_again, a)
    np.testing.assert_array_equal(dx_again, dx)


@pytest.mark.parametrize("T", [0, 13])
def test_what_is_kept_and_returned_is_owned(cell, T):
    params, x, state_0, da, d_state_T = case(cell, T=T)
    a, state_T, tape = cell.forward(params, x, state_0)
    first = cell.backward(params, tape, da, d_state_T)
    kept = [s.copy() for s in (*first[0], first[1], *first[2])]
    end = [s.copy() for s in state_T]
    x[:], a[:] = 0, 0
    for s in state_0:
        s[:] = 0
    assert_equal(state_T, end)
    again = cell.backward(params, tape, da, d_state_T)
    for s in (*state_T, *d_state_T):
        s[:] = 0
    for left, middle, right in zip(
        kept, (*first[0], first[1], *first[2]), (*again[0], again[1], *again[2]), strict=True
    ):
        np.testing.assert_array_equal(left, middle)
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("T", "m"), [(0, 2), (0, 1), (1, 1), (3, 1)])
# claim R4
def test_short_sequences_and_precisions_stay_what_they_are(cell, dtype, T, m):
    params, x, state_0, da, d_state_T = case(cell, m=m, T=T, dtype=dtype)
    a, state_T, tape = cell.forward(params, x, state_0)
    d_params, dx, d_state_0 = cell.backward(params, tape, da, d_state_T)
    assert a.shape == (T, 7, m)
    assert dx.shape == x.shape
    assert [w.shape for w in d_params] == [w.shape for w in params]
    made = (a, *state_T, *d_params, dx, *d_state_0)
    assert {array.dtype for array in made} == {np.dtype(dtype)}
    if T == 0:
        assert_equal((state_T, d_state_0), (state_0, d_state_T))
        assert not any(w.any() for w in d_params)


def test_one_wide_array_widens_the_result(cell):
    params, x, state_0, _, _ = case(cell, dtype=np.float32)
    wide_params = params._make(w.astype(np.float64) for w in params)
    wide_state = state_0._make(s.astype(np.float64) for s in state_0)
    for given in [(wide_params, x, state_0), (params, x, wide_state)]:
        assert cell.forward(*given)[0].dtype == np.float64
    a, _, _ = cell.forward(params, x.astype(np.float64), state_0)
    assert a.dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_weights_are_drawn_in_the_dtype_that_is_asked_for(cell, dtype):
    params = cell.init(np.random.default_rng(5), 3, 7, dtype=dtype)
    assert {w.dtype for w in params} == {np.dtype(dtype)}


def test_the_same_seed_draws_the_same_weights(cell):
    one = cell.init(np.random.default_rng(5), 3, 7)
    two = cell.init(np.random.default_rng(5), 3, 7)
    other = cell.init(np.random.default_rng(6), 3, 7)
    for left, right in zip(one, two, strict=True):
        np.testing.assert_array_equal(left, right)
    assert any((left != right).any() for left, right in zip(one, other, strict=True))


def input_and_recurrent(params, n_x, n_a):
    """Split the weights into those of the input and those of the hidden state."""
    inputs, recurrent = [], []
    for name, w in params._asdict().items():
        if name == "A_log":
            continue  # rates of fading, which multiply neither
        if w.shape[1] == n_a + n_x:
            recurrent.append(w[:, :n_a])
            inputs.append(w[:, n_a:])
        elif w.shape[1] > 1:
            (inputs if w.shape[1] == n_x else recurrent).append(w)
        else:
            assert name[0] in "bpD"
    return inputs, recurrent


@pytest.mark.parametrize(("scale", "expected"), [(None, 0.1), (1.0, 1.0), (0.3, 0.3), (0, 0)])
def test_input_and_recurrent_weights_have_each_their_own_scale(cell, scale, expected):
    options = {} if scale is None else {"input_scale": scale}
    params = cell.init(np.random.default_rng(0), 100, 64, **options)
    inputs, recurrent = input_and_recurrent(params, 100, 64)
    assert len(inputs) > 0
    assert len(recurrent) in (0, len(inputs))  # a cell may read the past without weights
    # 6400 and 4096 draws: their standard deviations scatter by 0.9 and 1.1 %, those of 100 by 7 %
    for scale, several in [(expected, inputs), (1 / 8, recurrent)]:
        for w in several:
            assert w.std() == pytest.approx(scale, rel=max(0.05, 4 / np.sqrt(2 * w.size)))


@pytest.mark.parametrize("scale", [-0.1, np.nan, np.inf])
def test_a_scale_that_is_none_is_refused(cell, scale):
    with pytest.raises(ValueError, match=rf"expected input_scale from 0 on, got {scale}"):
        cell.init(np.random.default_rng(0), 3, 7, input_scale=scale)


def test_weights_are_float64_unless_asked_and_share_no_memory(cell):
    params = cell.init(np.random.default_rng(0), 3, 7)
    assert {w.dtype for w in params} == {np.dtype(np.float64)}
    assert_separate(params)


@pytest.mark.parametrize(("n_x", "n_a", "dtype"), [(0, 7, float), (3, 0, float), (3, 7, int)])
def test_sizes_and_types_that_make_no_cell_are_refused(cell, n_x, n_a, dtype):
    with pytest.raises(ValueError, match=rf"expected n_x and n_a .* got {n_x}, {n_a} and"):
        cell.init(np.random.default_rng(0), n_x, n_a, dtype=dtype)


def spoil(array):
    """Arrays that must not pass instead of `array`, each with its shape."""
    yield array[..., :-1] if array.shape[-1] > 1 else np.repeat(array, 2, axis=-1)
    for axis in range(array.ndim - 1):
        yield np.concatenate([array, array], axis=axis)
    yield array[None]
    yield array.ravel()
    yield array.astype(int)
    yield array.tolist()


def test_weights_that_do_not_fit_are_named(cell):
    params, x, state_0, _, _ = case(cell)
    for field, array in params._asdict().items():
        for bad in spoil(array):
            wrong = params._replace(**{field: bad})
            with pytest.raises(ValueError, match=r"expected [\w.]+ \(.*\) of floats, got"):
                cell.forward(wrong, x, state_0)
            with pytest.raises(ValueError, match=r"expected [\w.]+ \(.*\) of floats, got"):
                cell.step(wrong, x[0], state_0)
        size = "|".join([r"n_\w|n_a \+ n_x|1|3|7|10", *{str(n) for w in params for n in w.shape}])
        size = f"({size})"
        named = rf"^expected {field} \({size}, {size}\) of floats, got "
        for bad, came in [
            (array.astype(int), rf"ndarray \({array.shape[0]}, {array.shape[1]}\) of int64$"),
            (array.tolist(), "list, not ndarray$"),
        ]:
            with pytest.raises(ValueError, match=named + came):
                cell.forward(params._replace(**{field: bad}), x, state_0)
        if array.shape[1] > len(array) == 7:  # it multiplies activation and input
            with pytest.raises(ValueError, match=rf"^expected {field} \(7, "):
                cell.forward(params._replace(**{field: array[:, :3]}), x, state_0)


def test_inputs_that_do_not_fit_are_named(cell):
    params, x, state_0, _, _ = case(cell)
    for bad in [x[:, :2], x[0], x[None], x.astype(int), x.tolist()]:
        with pytest.raises(ValueError, match=r"expected x \(T, 3, m\) of floats, got"):
            cell.forward(params, bad, state_0)
    for bad in [x[0, :2], x[0, 0], x, x[0].astype(int), x[0].tolist()]:
        with pytest.raises(ValueError, match=r"expected x_t \(3, m\) of floats, got"):
            cell.step(params, bad, state_0)


def test_states_that_do_not_fit_are_named(cell):
    params, x, state_0, da, _ = case(cell)
    _, _, tape = cell.forward(params, x, state_0)
    assert state_0.a.shape == (7, 2)
    for field, array in state_0._asdict().items():
        shape = ", ".join(map(str, array.shape))
        for bad in spoil(array):
            wrong = state_0._replace(**{field: bad})
            named = rf"expected state\.{field} \({shape}\) of floats, got"
            with pytest.raises(ValueError, match=named):
                cell.forward(params, x, wrong)
            with pytest.raises(ValueError, match=named):
                cell.step(params, x[0], wrong)
            named = rf"expected d_state_T\.{field} \({shape}\) of floats, got"
            with pytest.raises(ValueError, match=named):
                cell.backward(params, tape, da, wrong)


def test_an_empty_gradient_of_the_state_is_not_taken_for_none(cell):
    params, x, state_0, da, _ = case(cell)
    _, _, tape = cell.forward(params, x, state_0)
    for bad in ((), [], np.zeros(0)):
        with pytest.raises(ValueError, match=r"expected d_state_T as \w+State\(a.*\) or a tuple"):
            cell.backward(params, tape, da, bad)


def test_gradients_that_do_not_fit_are_named(cell):
    params, x, state_0, da, _ = case(cell)
    _, _, tape = cell.forward(params, x, state_0)
    for bad in [da[:5], da[:, :5], da[:, :, :1], da[0], da.astype(int), da.tolist()]:
        with pytest.raises(ValueError, match=r"expected da \(13, 7, 2\) of floats, got"):
            cell.backward(params, tape, bad)
