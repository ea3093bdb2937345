"""The training loop, accumulation and early stopping do what docs/training.md says."""

import pickle
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
from snippets.stacking import Layer, stack_backward, stack_forward
from snippets.training import (
    DivergedError,
    accumulate,
    flatten,
    keep_best,
    train,
    unflatten,
)

SIZES = {"n_a": 3, "n_x": 7}
unclipped = partial(clip_by_global_norm, threshold=np.inf)


def exercise():
    """Run every function once at SIZES, for the shape comments."""
    n_a, n_x = SIZES.values()
    w = [np.ones((n_a, n_x))]

    def model(params, batch, state):
        return 1.0, params, state

    accumulate(w, [1, 2], None, model=model)
    keep_best(None, w, 1.0)
    unflatten((w[0],), w)
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
    by_size = {"size": lambda part: part[1].shape[2]} if len(set(sizes)) > 1 else {}
    summed, summed_gradients, states = accumulate(params, parts, states, model=network, **by_size)
    assert summed == pytest.approx(loss, rel=1e-13)
    for one, other in zip(summed_gradients, gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(np.hstack([s.a for s in states]), after.a, rtol=1e-13)


def test_parts_train_as_the_whole_does():
    params, batch, state, parts, states = columns(3, 3)
    rule = partial(adam, learning_rate=0.01)
    clip = partial(clip_by_global_norm, threshold=0.1)
    model = partial(accumulate, model=network)
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
    loss, (gradient,), states = accumulate(w, [1.0, 7.0], None, model=bowl)
    assert (loss, gradient[0], states) == (5.0, 1.0, [1, 1])


def test_accumulation_keeps_precision_and_what_the_model_gave():
    given = np.ones(2, np.float32)
    given.flags.writeable = False

    def model(params, part, state):
        return 1.0, [given], state

    _, (gradient,), _ = accumulate([given], [1, 2, 3], None, model=model, size=lambda part: part)
    assert gradient.dtype == np.float32
    assert not np.shares_memory(gradient, given)


@pytest.mark.parametrize(
    ("parts", "states", "message"),
    [
        ([], None, r"parts of sizes above 0, got \[\]"),
        ([1, 0], None, r"parts of sizes above 0, got \[1.0, 0.0\]"),
        ([1, 2], [7], "2 states, got 1"),
        ([1, 2], [], "2 states, got 0"),
    ],
)
def test_parts_that_cannot_be_summed_are_refused(parts, states, message):
    with pytest.raises(ValueError, match=f"^expected {message}$"):
        accumulate([np.ones(1)], parts, states, model=bowl, size=lambda part: part)


def test_parts_that_come_only_once_are_refused():
    with pytest.raises(ValueError, match=r"^expected parts as a sequence, got generator$"):
        accumulate([np.ones(1)], (part for part in [1, 2]), None, model=bowl)


def test_a_model_that_forgets_a_gradient_is_noticed():
    with pytest.raises(ValueError, match="shorter"):
        accumulate([np.ones(1)] * 2, [1], None, model=lambda w, part, state: (1.0, w[:1], state))


# When to stop


def test_the_best_parameters_are_kept_by_hand():
    best, seen = None, []
    for name, loss in zip("abcdefg", [3.0, 2.0, 2.5, np.nan, 1.0, 1.0, np.inf], strict=True):
        best = keep_best(best, [np.array(name)], loss)
        seen.append((best.params[0].item(), best.loss, best.waited))
    assert seen == [
        ("a", 3.0, 0),
        ("b", 2.0, 0),
        ("b", 2.0, 1),
        ("b", 2.0, 2),
        ("e", 1.0, 0),
        ("e", 1.0, 1),  # as good is not better
        ("e", 1.0, 2),
    ]


def test_without_any_number_the_first_parameters_are_kept():
    best = keep_best(None, [np.array("first")], np.nan)
    assert best == (np.inf, [np.array("first")], 1)
    assert keep_best(best, [np.array("second")], 5.0) == (5.0, [np.array("second")], 0)


@pytest.mark.parametrize("first", [1.0, np.nan])
def test_what_is_kept_is_a_copy(first):
    params = [np.ones(1)]
    best = keep_best(None, params, first)
    params[0] *= 9
    params.append("changed")
    assert best.params == [1.0]


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


# nested parameters ----------------------------------------------------------------------------


def test_flatten_lists_the_arrays_of_any_nesting_in_order():
    a, b, c, d, e = (np.full((1, 2), i, float) for i in range(5))
    nested = [Layer(RNNParams(a, b, c), rnn_forward, rnn_backward), {"z": e, "y": (d,)}, ()]
    flat = flatten(nested)
    assert type(flat) is list
    assert [id(array) for array in flat] == [id(array) for array in (a, b, c, d, e)]
    assert flatten(a)[0] is a
    assert flatten(()) == flatten({}) == flatten(rnn_forward) == []


def test_unflatten_is_the_inverse_and_keeps_types_and_functions():
    rng = np.random.default_rng(0)
    nested = [
        Layer(init_rnn(rng, 2, 3), rnn_forward, rnn_backward),
        (np.ones(4), {"b": np.zeros(()), "a": [np.ones((2, 1))]}),
    ]
    before = [array.copy() for array in flatten(nested)]
    new = [np.array(2 * array) for array in flatten(nested)]
    made = unflatten(nested, new)
    assert [id(array) for array in flatten(made)] == [id(array) for array in new]
    layer, (vector, names) = made
    assert type(made) is list
    assert type(layer) is Layer
    assert type(layer.params) is RNNParams
    assert layer[1:] == (rnn_forward, rnn_backward)
    assert vector.shape == (4,)
    assert list(names) == ["a", "b"]
    assert type(names["a"]) is list
    for array, old in zip(flatten(nested), before, strict=True):
        np.testing.assert_array_equal(array, old)
    assert unflatten(np.ones(2), [vector[:2]]).shape == (2,)


def test_weights_and_gradients_of_layers_come_in_one_order():
    rng = np.random.default_rng(1)
    low, high = (Layer(init_rnn(rng, 3, 3), rnn_forward, rnn_backward) for _ in range(2))
    inner = Layer([low, high], stack_forward, stack_backward)
    layers = [inner, high]
    a, _, tapes = stack_forward(layers, np.ones((2, 3, 1)))
    d_params, _, _ = stack_backward(layers, tapes, a)
    assert [type(d) for d in d_params] == [tuple, RNNParams]
    gradients = flatten(d_params)
    assert len(gradients) == len(flatten(layers)) == 9
    # the last gradients are those of the last layer
    assert [id(d) for d in gradients[6:]] == [id(d) for d in d_params[1]]
    names = [*RNNParams._fields] * 3
    for name, weight, gradient in zip(names, flatten(layers), gradients, strict=True):
        assert weight.shape == gradient.shape == getattr(high.params, name).shape


@pytest.mark.parametrize(
    ("bad", "got"),
    [
        (1.0, "float"),
        (None, "NoneType"),
        ("W", "str"),
        (np.float64(1), "float64"),
        (np.ma.array([1.0]), "MaskedArray"),
        (np.ones((1, 1)).view(np.matrix), "matrix"),
    ],
)
def test_parts_of_a_nesting_that_are_no_arrays_are_named(bad, got):
    match = f"expected each part of the nesting to be a plain NumPy array, got {got}"
    for nested in (bad, [np.ones(2), (bad,)], {"W": bad}):
        with pytest.raises(ValueError, match=match):
            flatten(nested)
        with pytest.raises(ValueError, match=match):
            unflatten(nested, [np.ones(2), np.ones(2)])


def test_arrays_that_do_not_fit_a_nesting_are_named():
    nested, w = (np.ones((2, 3)), [np.ones((1, 3))]), np.ones((2, 3))
    for wrong in ([], [w], [w, w[:1], w]):
        count = f"expected 2 arrays, as many as there are in like, got {len(wrong)}"
        with pytest.raises(ValueError, match=count):
            unflatten(nested, wrong)
    with pytest.raises(
        ValueError, match=r"expected arrays\[1\] \(1, 3\) of floats, got ndarray \(2"
    ):
        unflatten(nested, [w, w])
    masked = np.ma.array(w, mask=w > 2)
    with pytest.raises(
        ValueError, match=r"expected arrays\[0\] \(2, 3\) .*got MaskedArray, not ndarray$"
    ):
        unflatten(nested, [masked, w[:1]])
