"""The training loop, accumulation and early stopping do what docs/training.md says."""

import pickle
from collections import namedtuple
from functools import partial

import numpy as np
import pytest

from snippets.clipping import clip_by_global_norm
from snippets.optimizers import adam, descend, init_adam
from snippets.readout import (
    ReadoutParams,
    cross_entropy,
    init_readout,
    readout_backward,
    readout_forward,
)
from snippets.rnn import RNNParams, RNNState, init_rnn, rnn_backward, rnn_forward
from snippets.training import (
    Best,
    DivergedError,
    accumulate,
    keep_best,
    train,
)

SIZES = {"n_a": 3, "n_x": 7}
unclipped = partial(clip_by_global_norm, threshold=np.inf)


def alike(part):
    return 1


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    n_a, n_x = SIZES.values()
    w = [np.ones((n_a, n_x))]

    def model(params, batch, state):
        return 1.0, params, state

    accumulate(w, [1, 2], None, model=model, size=alike)
    keep_best(None, w, 1.0)
    train(
        model,
        w,
        range(2),
        adam,
        memory=init_adam(w),
        clip=unclipped,
    )


def bowl(params, batch, state):
    """Loss (w - batch)**2 / 2, lowest at the batch; the state counts the batches."""
    (w,) = params
    return float(((w - batch) ** 2).sum() / 2), [w - batch], (state or 0) + 1


@pytest.mark.parametrize("rate", [0.25, np.float64(0.25)])
def test_descent_on_a_bowl_follows_the_closed_form(rate):
    rule = partial(descend, learning_rate=rate)
    params, _, count = train(bowl, [np.array([9.0])], [1.0] * 20, rule, clip=unclipped)
    assert params[0][0] == pytest.approx(1 + 8 * 0.75**20, rel=1e-12)
    assert count == 20


# claim C1
def test_the_loop_is_forward_clip_update_report_in_this_order():
    seen = []
    rule = partial(descend, learning_rate=1.0)
    clip = partial(clip_by_global_norm, threshold=2.0)
    params, memory, state = train(
        bowl, [np.array([10.0])], [0.0, 4.0], rule, clip=clip, report=seen.append, state=7
    )
    # batch 0: loss 50, gradient 10 cut to 2, w = 8; batch 4: loss 8, gradient 4 cut to 2, w = 6
    assert [(p.step, p.loss, p.norm, p.params[0][0]) for p in seen] == [
        (1, 50.0, 10.0, 8.0),
        (2, 8.0, 4.0, 6.0),
    ]
    assert params[0][0] == 6.0
    assert (memory, state) == (None, 9)


def test_memory_is_handed_on():
    w = [np.array([9.0])]
    whole, _, _ = train(bowl, w, [1.0] * 6, adam, memory=init_adam(w), clip=unclipped)
    half, memory, _ = train(bowl, w, [1.0] * 3, adam, memory=init_adam(w), clip=unclipped)
    assert memory.step == 3
    rest, memory, _ = train(bowl, half, [1.0] * 3, adam, memory=memory, clip=unclipped)
    assert memory.step == 6
    np.testing.assert_array_equal(whole, rest)


def test_no_batches_change_nothing():
    params, memory, state = train(
        bowl, [np.ones(2)], [], adam, memory="m", state="s", clip=unclipped
    )
    np.testing.assert_array_equal(params, [np.ones(2)])
    assert (memory, state) == ("m", "s")


@pytest.mark.parametrize("loss", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_no_number_stops_it_and_loses_nothing(loss):
    def model(params, batch, state):
        return (loss if batch == 3 else 1.0), [np.ones(1)], state

    rule, seen = partial(descend, learning_rate=1.0), []
    match = (
        rf"^expected a finite loss, got {loss} at step 4: try a smaller learning rate, or clip "
        r"the gradients; the last parameters with a finite loss are in this error's params$"
    )
    with pytest.raises(DivergedError, match=match) as caught:
        train(model, [np.zeros(1)], range(9), rule, clip=unclipped, report=seen.append)
    assert len(seen) == 3
    np.testing.assert_array_equal(caught.value.params, [[-2.0]])  # -3.0 gave the bad loss
    with pytest.raises(DivergedError, match="at step 1:") as caught:
        train(model, [np.zeros(1)], [3], rule, clip=unclipped)
    np.testing.assert_array_equal(caught.value.params, [[0.0]])


def test_the_error_of_another_process_arrives_whole():
    error = pickle.loads(pickle.dumps(DivergedError(4, np.inf, [np.ones(2)])))
    assert str(error).startswith("expected a finite loss, got inf at step 4: try")
    np.testing.assert_array_equal(error.params, [[1, 1]])
    step, loss, params = error.args
    assert (step, loss, params is error.params) == (4, np.inf, True)


def test_a_report_tells_all_that_is_needed_to_go_on():
    seen = []
    w = [np.array([9.0])]
    last = train(bowl, w, [1.0] * 3, adam, memory=init_adam(w), clip=unclipped, report=seen.append)
    assert seen[-1].params is last[0]
    assert seen[-1].memory is last[1]
    assert seen[-1].state == last[2] == 3
    assert [progress.memory.step for progress in seen] == [1, 2, 3]


# One update for several batches

N_X, N_A, N_Y, T = 3, 4, 5, 6


def network(params, batch, state):
    """Predict with an RNN and a readout, in the manner of docs/training.md."""
    cell, readout = RNNParams(*params[:3]), ReadoutParams(*params[3:])
    x, y = batch
    a, state, tape = rnn_forward(cell, x, state)
    z, readout_tape = readout_forward(readout, a)
    loss, dz = cross_entropy(z, y)
    d_readout, da = readout_backward(readout, readout_tape, dz)
    d_cell, _, _ = rnn_backward(cell, tape, da)
    return loss, [*d_cell, *d_readout], state


def columns(*sizes):
    """Draw parameters and a batch, whole and cut into parts of so many columns."""
    rng, m = np.random.default_rng(0), sum(sizes)
    params = [*init_rnn(rng, N_X, N_A), *init_readout(rng, N_A, N_Y)]
    x, a_0 = rng.normal(size=(T, N_X, m)), rng.normal(size=(N_A, m))
    y = np.eye(N_Y)[rng.integers(N_Y, size=(T, m))].swapaxes(1, 2)
    cuts = np.cumsum(sizes)[:-1]
    pieces = [np.split(array, cuts, axis=-1) for array in (x, y, a_0)]
    parts = list(zip(*pieces[:2], strict=True))
    return params, (x, y), RNNState(a_0), parts, [RNNState(a) for a in pieces[2]]


@pytest.mark.parametrize("sizes", [(4, 4, 4), (5, 2, 1), (8,)])
def test_parts_give_the_gradient_of_the_whole(sizes):
    params, batch, state, parts, states = columns(*sizes)
    loss, gradients, after = network(params, batch, state)
    size = (lambda part: part[1].shape[2]) if len(set(sizes)) > 1 else alike
    summed, summed_gradients, states = accumulate(params, parts, states, model=network, size=size)
    assert summed == pytest.approx(loss, rel=1e-13)
    for one, other in zip(summed_gradients, gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(np.hstack([s.a for s in states]), after.a, rtol=1e-13)


def test_parts_train_as_the_whole_does():
    params, batch, state, parts, states = columns(3, 3)
    rule = partial(adam, learning_rate=0.01)
    clip = partial(clip_by_global_norm, threshold=0.1)
    model = partial(accumulate, model=network, size=alike)
    start = {"memory": init_adam(params), "clip": clip}
    whole, _, _ = train(network, params, [batch] * 4, rule, state=state, **start)
    summed, _, _ = train(model, params, [parts] * 4, rule, state=states, **start)
    for one, other in zip(summed, whole, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_accumulation_by_hand():
    # losses 8 and 2, gradients 4 and -2, of which the second counts three times
    w = [np.array([5.0])]
    loss, (gradient,), states = accumulate(
        w, [1.0, 7.0], [10, None], model=bowl, size={1.0: 1, 7.0: 3}.get
    )
    assert (loss, gradient[0], states) == (3.5, -0.5, [11, 1])
    loss, (gradient,), states = accumulate(w, [1.0, 7.0], None, model=bowl, size=alike)
    assert (loss, gradient[0], states) == (5.0, 1.0, [1, 1])


def test_accumulation_keeps_precision_and_what_the_model_gave():
    given = np.ones(2, np.float32)
    given.flags.writeable = False

    def model(params, part, state):
        return 1.0, [given], state

    _, (gradient,), _ = accumulate([given], [1, 2, 3], None, model=model, size=lambda part: part)
    assert gradient.dtype == np.float32
    assert not np.shares_memory(gradient, given)
    _, (alone,), _ = accumulate([given], [1], None, model=model, size=alike)
    np.testing.assert_array_equal(alone, given)
    assert not np.shares_memory(alone, given)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_narrow_gradients_are_summed_in_double_precision_and_rounded_once(dtype):
    # each of 5000 parts adds 1 / 5000: a sum in half precision would stop at 0.5
    element = np.array([1.0, 3e4, 6e-8]).astype(dtype)
    loss, (gradient,), _ = accumulate(
        [element], [1] * 5000, None, size=alike,
        model=lambda params, part, state: (dtype(0.1), [element], state),
    )  # fmt: skip
    assert gradient.dtype == dtype
    np.testing.assert_allclose(gradient, element, rtol=np.finfo(dtype).eps)
    assert (type(loss), loss) == (float, pytest.approx(float(dtype(0.1)), rel=1e-12))


def test_long_doubles_are_not_summed_in_double_precision():
    if np.finfo(np.longdouble).eps > 2.0**-60:
        pytest.skip("a long double is no finer than a double here")
    fine = np.ones(1, np.longdouble) + np.longdouble(2) ** -60
    _, (gradient,), _ = accumulate(
        [fine], [1, 1], None, size=alike, model=lambda w, part, state: (0.0, w, state)
    )
    np.testing.assert_array_equal(gradient, fine)


def test_a_gradient_of_one_number_stays_an_array():
    number = np.array(2.0, np.float32)
    _, (gradient,), _ = accumulate(
        [number], [1, 3], None, size=alike, model=lambda w, part, state: (0.0, w, state)
    )
    assert (type(gradient), gradient.dtype, gradient) == (np.ndarray, np.float32, 2.0)


@pytest.mark.parametrize(
    ("parts", "states", "message"),
    [
        ([], None, r"parts of sizes above 0, got \[\]"),
        ([1, 0], None, r"parts of sizes above 0, got \[1.0, 0.0\]"),
        ([1, np.nan], None, r"parts of sizes above 0, got \[1.0, nan\]"),
        ([np.inf], None, r"parts of sizes above 0, got \[inf\]"),
        ([1, 2], [7], "2 states, got 1"),
        ([1, 2], (), "2 states, got 0"),
        ([1, 2], np.ones(2), "states to be a list or tuple, got ndarray"),
        ([1, 2], {0: 1, 1: 2}, "states to be a list or tuple, got dict"),
        (None, None, "parts to be a list or tuple, got NoneType"),
        (np.ones(2), None, "parts to be a list or tuple, got ndarray"),
        ((1 for _ in [1]), None, "parts to be a list or tuple, got generator"),
    ],
)
def test_parts_that_cannot_be_summed_are_refused(parts, states, message):
    with pytest.raises(ValueError, match=f"^expected {message}$"):
        accumulate([np.ones(1)], parts, states, model=bowl, size=lambda part: part)


def test_how_much_a_part_counts_has_to_be_said():
    with pytest.raises(TypeError, match="size"):
        accumulate([np.ones(1)], [1, 2], None, model=bowl)


BAD_ARRAYS = [
    ([1.0], "a plain NumPy array, got list"),
    (np.float64(1), "a plain NumPy array, got float64"),
    (np.ma.array([1.0], mask=[True]), "a plain NumPy array, got MaskedArray"),
    (np.ones((1, 1)).view(np.matrix), "a plain NumPy array, got matrix"),
    (np.ones(1, int), "an array of floats, got int64"),
]


@pytest.mark.parametrize(("bad", "message"), BAD_ARRAYS)
def test_what_is_no_plain_array_of_floats_is_named(bad, message):
    def give(w, part, state):
        return 1.0, [np.ones(2), bad], state

    w, wrong = [np.ones(2), np.ones(1)], [np.ones(2), bad]
    for name, run in [
        ("params", lambda: train(bowl, wrong, [1.0], descend, clip=unclipped)),
        ("params", lambda: keep_best(None, wrong, 1.0)),
        ("params", lambda: accumulate(wrong, [1], None, model=give, size=alike)),
        ("gradients", lambda: accumulate(w, [1], None, model=give, size=alike)),
    ]:
        with pytest.raises(ValueError, match=rf"^expected {name}\[1\] to be {message}$"):
            run()


@pytest.mark.parametrize("gather", [np.array, iter, lambda pair: dict.fromkeys(pair)])
def test_parameters_that_are_no_sequence_are_refused(gather):
    gathered = gather([1.0, 2.0])
    match = f"^expected params to be a list or tuple of arrays, got {type(gathered).__name__}$"
    for run in (
        lambda: train(bowl, gathered, [1.0], descend, clip=unclipped),
        lambda: keep_best(None, gathered, 1.0),
    ):
        with pytest.raises(ValueError, match=match):
            run()


@pytest.mark.parametrize("wrong", [[], [np.ones(1)] * 3, [np.ones(1), np.ones(2)]])
def test_a_model_whose_gradients_do_not_fit_is_noticed(wrong):
    match = r"^expected gradients of shapes \[\(1,\), \(1,\)\], got \["
    with pytest.raises(ValueError, match=match):
        accumulate(
            [np.ones(1)] * 2,
            [1],
            None,
            size=alike,
            model=lambda w, part, state: (1.0, wrong, state),
        )


# When to stop


def test_the_best_parameters_are_kept_by_hand():
    best, seen = None, []
    for number, loss in enumerate([3.0, 2.0, 2.5, np.nan, 1.0, 1.0, np.inf], start=1):
        best = keep_best(best, [np.array(float(number))], loss)
        seen.append((best.params[0].item(), best.loss, best.waited))
    assert seen == [
        (1, 3.0, 0),
        (2, 2.0, 0),
        (2, 2.0, 1),
        (2, 2.0, 2),
        (5, 1.0, 0),
        (5, 1.0, 1),  # as good is not better
        (5, 1.0, 2),
    ]


def test_without_any_number_the_first_parameters_are_kept():
    best = keep_best(None, [np.array(1.0)], np.nan)
    assert best == (np.inf, [np.array(1.0)], 1)
    assert keep_best(best, [np.array(2.0)], 5.0) == (5.0, [np.array(2.0)], 0)


@pytest.mark.parametrize("first", [1.0, np.nan])
def test_what_is_kept_is_a_copy(first):
    params, loss = [np.ones(1)], np.array(first)
    best = keep_best(None, params, loss)
    kept = best.loss
    params[0] *= 9
    params.append("changed")
    loss[...] = 7
    assert best.params == [1.0]
    assert best.loss == kept != 7


def test_the_best_so_far_may_be_a_plain_sequence():
    for gather in (tuple, list):
        best = keep_best(gather([2.0, [np.ones(1)], 3]), [np.zeros(1)], 2.5)
        assert best == Best(2.0, [np.ones(1)], 4)


@pytest.mark.parametrize(
    ("bad", "came"),
    [
        (1.0, "float"),
        ([1.0], "list of 1"),
        ({}, "dict"),
        ("abc", "str"),
        (namedtuple("Other", "loss params since")(1.0, [], 0), "Other of 3"),
    ],
)
def test_what_is_no_best_is_refused(bad, came):
    match = (
        r"^expected best as Best\(loss, params, waited\) or a tuple or list like it, "
        rf"got {came}$"
    )
    with pytest.raises(ValueError, match=match):
        keep_best(bad, [np.ones(1)], 1.0)


def test_training_that_overshoots_ends_with_the_best():
    # each pass moves w by 1 towards 10, and beyond; held out, 4 is best
    best, params, passes = None, [np.array([0.0])], 0
    while best is None or best.waited < 3:
        params, _, _ = train(
            lambda params, batch, state: (1.0, [np.array([-1.0])], state),
            params,
            [None],
            partial(descend, learning_rate=1.0),
            clip=unclipped,
        )
        best, passes = keep_best(best, params, bowl(params, 4.0, None)[0]), passes + 1
    assert (best.params[0][0], best.loss, passes) == (4.0, 0.0, 7)
