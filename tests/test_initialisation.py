"""Each rule draws what docs/initialisation.md says: variances, biases, orthogonal matrices."""

from collections import namedtuple

import numpy as np
import pytest

from snippets import initialisation
from snippets.initialisation import (
    book_weights,
    chrono_weights,
    draw_orthonormal,
    find_parts,
    keras_weights,
    orthogonal_weights,
    torch_weights,
)
from tests.test_cells import find_cells

SIZES = {"n_x": 3, "m": 2, "n_a": 7}  # no two alike, no two sums alike
N_X, N_A, T_MAX = 12, 24, 60
CELLS = {param.id: param.values[0] for param in find_cells()}
GATES = {"rnn": "a", "lstm": "fuco", "peephole": "fuco", "gru": "urc", "gru_reset_after": "urc"}
RULES = {
    "book": book_weights,
    "keras": keras_weights,
    "torch": torch_weights,
    "chrono": lambda rng, params, **scale: chrono_weights(rng, params, T_MAX, **scale),
    "orthogonal": orthogonal_weights,
}
PAIRS = [(name, rule) for name in GATES for rule in RULES if (name, rule) != ("rnn", "chrono")]


def blank(name, n_x=N_X, n_a=N_A, dtype=np.float64):
    """Return parameters of a cell whose numbers no rule may use."""
    params = CELLS[name].init(np.random.default_rng(9), n_x, n_a, dtype=dtype)
    return params._make(np.full_like(w, np.nan) for w in params)


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    rng = np.random.default_rng(0)
    for name in GATES:
        for rule in RULES.values():
            if (name, rule) != ("rnn", RULES["chrono"]):
                rule(rng, blank(name, SIZES["n_x"], SIZES["n_a"]))


def matrices(name, params):
    """Take a cell's weights apart: (gates, n_a, n_x) and (gates, n_a, n_a)."""
    if name == "rnn":
        return params.W_ax[None], params.W_aa[None]
    W = np.array([getattr(params, f"W_{gate}") for gate in GATES[name]])
    n_a = W.shape[1]
    if name in ("lstm", "peephole"):
        return W[:, :, n_a:], W[:, :, :n_a]
    return W, np.array([getattr(params, f"U_{gate}") for gate in GATES[name]])


def first_sums(name, params, x_1, a_0):
    """Run the first step of the real cell, and find every z by undoing sigmoid and tanh."""
    cell = CELLS[name]
    state_0 = cell.State(a_0, *(np.zeros_like(a_0) for _ in cell.State._fields[1:]))
    state, values = cell.step(params, x_1, state_0)
    if name == "rnn":
        return {"a": np.arctanh(state.a)}, values
    gates = {gate: getattr(values, f"gamma_{gate}") for gate in GATES[name] if gate != "c"}
    z = {gate: np.log(gamma / (1 - gamma)) for gate, gamma in gates.items()}
    return z | {"c": np.arctanh(values.c_tilde)}, values


def log_uniform(top):
    """Return mean and variance of the logarithm of a number that is uniform in [1, top]."""
    mean = (top * np.log(top) - top + 1) / (top - 1)
    square = (top * (np.log(top) ** 2 - 2 * np.log(top) + 2) - 2) / (top - 1)
    return mean, square - mean**2


def expected(name, rule, gate, input_scale):
    """Return what the page says of one gate.

    The variance of an input weight, n_a times that of a recurrent weight, mean and variance of
    the bias.
    """
    G, mean, spread = len(GATES[name]), float(gate == "f"), 0.0
    if rule == "keras":
        return 2 / (N_X + G * N_A), 1 / G, mean, spread
    if rule == "torch":
        one = name == "gru_reset_after" and gate == "c"
        return 1 / (3 * N_A), 1 / 3, 0.0, (1 if one else 2) / (3 * N_A)
    if rule == "chrono" and gate in "fu":
        mean, spread = log_uniform(T_MAX - 1)
        mean = mean if gate == "f" else -mean
    return input_scale**2, 1.0, mean, spread


def assert_close(samples, expected, what):
    """Compare means of independent draws with what is expected, within five standard errors."""
    samples = np.array(samples)
    error = samples.std(ddof=1) / np.sqrt(len(samples))
    assert abs(samples.mean() - expected) <= 5 * error, (what, samples.mean(), expected, error)
    return error


@pytest.mark.parametrize("name", GATES)
def test_the_parts_of_each_cell_are_found(name):
    assert find_parts(blank(name)) == (GATES[name], N_X, N_A)
    assert find_parts(blank(name, 1, 1)) == (GATES[name], 1, 1)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("name", "rule"), PAIRS)
def test_fields_shapes_and_types_stay_and_nothing_is_shared(name, rule, dtype):
    for n_x, n_a in [(3, 7), (1, 1), (1, 4), (4, 1)]:
        given = blank(name, n_x, n_a, dtype)
        for array in given:
            array.flags.writeable = False
        drawn = RULES[rule](np.random.default_rng(0), given)
        assert type(drawn) is type(given)
        assert [w.shape for w in drawn] == [w.shape for w in given]
        assert {w.dtype for w in drawn} == {np.dtype(dtype)}
        for i, w in enumerate(drawn):
            assert np.isfinite(w).all()
            assert w.flags.writeable
            assert np.isnan(given[i]).all()
            assert not any(np.shares_memory(w, other) for other in (*given, *drawn[:i]))


@pytest.mark.parametrize(("name", "rule"), PAIRS)
def test_the_same_seed_draws_the_same_weights(name, rule):
    one, two, other = (RULES[rule](np.random.default_rng(s), blank(name)) for s in (5, 5, 6))
    for left, right in zip(one, two, strict=True):
        np.testing.assert_array_equal(left, right)
    assert any((left != right).any() for left, right in zip(one, other, strict=True))


@pytest.mark.parametrize(("name", "rule"), PAIRS)
def test_biases_and_peepholes_are_0_except_those_that_a_rule_sets(name, rule):
    params = RULES[rule](np.random.default_rng(0), blank(name))
    for field, array in params._asdict().items():
        drawn_by_chrono = rule == "chrono" and field in ("b_f", "b_u")
        if field[0] in "bp" and rule != "torch" and not drawn_by_chrono:
            np.testing.assert_array_equal(array, float(field == "b_f"), err_msg=field)


@pytest.mark.parametrize("name", ["lstm", "peephole", "gru", "gru_reset_after"])
def test_chrono_units_remember_for_2_steps_to_T_max(name):
    rng = np.random.default_rng(0)
    drawn = [chrono_weights(rng, blank(name, 2, 50), 50) for _ in range(100)]
    for params in drawn:
        if "b_f" in params._fields:
            np.testing.assert_array_equal(params.b_f, -params.b_u)
    b_u = np.array([params.b_u for params in drawn])
    keeps = 1 / (1 + np.exp(b_u))  # 1 - gamma_u, or gamma_f, if the gate sees its bias alone
    steps = 1 / (1 - keeps)
    assert 2 <= steps.min() < 2.1
    assert 49.9 < steps.max() <= 50
    assert np.histogram(steps, 4, (2, 50))[0] == pytest.approx([1250] * 4, rel=0.1)  # uniform


def test_a_memory_of_2_steps_at_most_is_a_gate_half_open():
    params = chrono_weights(np.random.default_rng(0), blank("lstm"), 2)
    assert not params.b_f.any()
    assert not params.b_u.any()


@pytest.mark.parametrize("name", GATES)
def test_each_orthogonal_matrix_keeps_lengths(name):
    params = orthogonal_weights(np.random.default_rng(0), blank(name))
    _, W_a = matrices(name, params)
    for matrix in W_a:
        np.testing.assert_allclose(matrix.T @ matrix, np.eye(N_A), atol=1e-13)
    assert len({float(matrix[0, 0]) for matrix in W_a}) == len(W_a)


@pytest.mark.parametrize("name", GATES)
def test_in_keras_all_gates_together_keep_lengths(name):
    params = keras_weights(np.random.default_rng(0), blank(name))
    _, W_a = matrices(name, params)
    stacked = W_a.reshape(-1, N_A)
    np.testing.assert_allclose(stacked.T @ stacked, np.eye(N_A), atol=1e-13)
    if len(W_a) > 1:
        lengths = np.linalg.svd(W_a[0], compute_uv=False)
        assert lengths.max() - lengths.min() > 0.5  # no single gate keeps lengths


@pytest.mark.parametrize(("rows", "columns"), [(4, 4), (9, 3), (1, 1)])
def test_orthonormal_columns_point_everywhere(rows, columns):
    rng = np.random.default_rng(0)
    drawn = np.array([draw_orthonormal(rng, rows, columns) for _ in range(2000)])
    assert drawn.shape == (2000, rows, columns)
    for i, j in np.ndindex(rows, columns):
        assert_close(drawn[:, i, j], 0, (i, j))
        if rows > 1:
            assert_close(drawn[:, i, j] ** 2, 1 / rows, (i, j))


@pytest.mark.parametrize("name", GATES)
def test_uniform_weights_fill_their_range_and_no_more(name):
    rng, G = np.random.default_rng(0), len(GATES[name])
    W_x, _ = matrices(name, keras_weights(rng, blank(name, 40, 60)))
    fill(W_x, np.sqrt(6 / (40 + 60 * G)))
    params = torch_weights(rng, blank(name, 40, 60))
    for W in matrices(name, params):
        fill(W, 60**-0.5)
    single = ("b_c", "b_rc", "p_f", "p_u", "p_o") if name != "gru" else ()
    single = [field for field in single if field[0] == "p" or name == "gru_reset_after"]
    wide = torch_weights(rng, blank(name, 1, 400))
    for field in [field for field in wide._fields if field[0] in "bp"]:
        limit, draws = 1 / 20, 1 if field in single else 2
        column = getattr(wide, field)
        assert 0.9 * draws * limit < abs(column).max() <= draws * limit
        # the fourth power tells one draw from the sum of two
        assert_close(column**2, draws * limit**2 / 3, field)
        assert_close(column**4, [1 / 5, 16 / 15][draws - 1] * limit**4, field)


def fill(W, limit):
    """Check the range of a uniform draw, and that it has no hole."""
    assert 0.99 * limit < W.max() <= limit
    assert -limit <= W.min() < -0.99 * limit
    assert_close(W.ravel(), 0, "mean")
    assert_close(W.ravel() ** 4, limit**4 / 5, "fourth power")


@pytest.mark.parametrize("rule", ["book", "chrono", "orthogonal"])
@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_normal_weights_are_normal(name, rule):
    W_x, W_a = matrices(name, RULES[rule](np.random.default_rng(0), blank(name, 50, 80)))
    assert_close(W_x.ravel() ** 4, 3 / 50**2, "W_x")
    if rule != "orthogonal":
        assert_close(W_a.ravel() ** 4, 3 / 80**2, "W_a")


@pytest.mark.parametrize("rule", ["book", "chrono", "orthogonal"])
def test_the_input_scale_reaches_input_weights_only(rule):
    default, none, ten = (
        RULES[rule](np.random.default_rng(0), blank("lstm"), input_scale=scale)
        for scale in (None, 0, np.float32(10))
    )
    for field in default._fields:
        columns = slice(N_A if field[0] == "W" else None)
        for other in (none, ten):
            np.testing.assert_array_equal(
                getattr(default, field)[:, columns], getattr(other, field)[:, columns]
            )
        if field[0] == "W":
            assert not getattr(none, field)[:, N_A:].any()
            np.testing.assert_allclose(
                getattr(ten, field)[:, N_A:], 10 * N_X**0.5 * getattr(default, field)[:, N_A:]
            )


@pytest.mark.parametrize("bad", [-1, np.nan, np.inf, "1", [1.0], 1j])
@pytest.mark.parametrize("rule", ["book", "chrono", "orthogonal"])
def test_an_input_scale_that_is_none_is_refused(rule, bad):
    with pytest.raises(
        ValueError, match=r"^expected input_scale a finite number of at least 0, got ."
    ):
        RULES[rule](np.random.default_rng(0), blank("gru"), input_scale=bad)


@pytest.mark.parametrize("bad", [1.99, -60, np.nan, np.inf, "60", None])
def test_a_longest_memory_that_is_none_is_refused(bad):
    with pytest.raises(ValueError, match=r"^expected T_max a finite number of at least 2, got ."):
        chrono_weights(np.random.default_rng(0), blank("gru"), bad)


def test_chrono_refuses_a_cell_without_gates():
    message = "^expected a cell with gates, got a plain RNN: it has no gate biases to draw$"
    with pytest.raises(ValueError, match=message):
        chrono_weights(np.random.default_rng(0), blank("rnn"), T_MAX)


MinGRUParams = namedtuple("MinGRUParams", ["W_u", "b_u", "W_c", "b_c"])


@pytest.mark.parametrize("rule", RULES)
def test_other_cells_and_plain_tuples_are_refused_by_name(rule):
    strange = MinGRUParams(np.ones((4, 3)), np.ones((4, 1)), np.ones((4, 3)), np.ones((4, 1)))
    for bad, came in [
        (strange, r"got MinGRUParams\(W_u, b_u, W_c, b_c\)"),
        (list(blank("lstm")), r"got list\(\)"),
        (None, r"got NoneType\(\)"),
    ]:
        expected = "expected the parameters of an RNN, an LSTM or a GRU, such as LSTMParams"
        with pytest.raises(ValueError, match=f"^{expected}, {came}$"):
            RULES[rule](np.random.default_rng(0), bad)


@pytest.mark.parametrize("name", GATES)
def test_arrays_that_do_not_fit_are_named(name):
    for i, (field, array) in enumerate(blank(name, 3, 7)._asdict().items()):
        bads = [
            np.ones(array.shape, int),
            array[None],
            np.ma.masked_array(array),
            array[:, :0],
            array[:0],
        ]
        if i > 0:  # the first matrix tells n_x, whatever it is
            bads.append(np.concatenate([array, array], axis=1))
        for bad in bads:
            params = blank(name, 3, 7)._replace(**{field: bad})
            with pytest.raises(ValueError, match=r"^expected [WUbp]_\w+ .* got"):
                find_parts(params)
        if array.shape[1] != 1:
            params = blank(name, 3, 7)._replace(**{field: array[1:]})
            with pytest.raises(ValueError, match=rf"^expected {field} \(7, .*got ndarray \(6, "):
                find_parts(params)


def test_messages_say_how_wide_a_matrix_should_be():
    lstm = blank("lstm", 3, 7)
    for W_f, message in [
        (lstm.W_f[:6], r"^expected W_f \(7, n_a \+ n_x\) of floats, got ndarray \(6, 10\)"),
        (lstm.W_f[:, :7], r"^expected W_f \(7, 8\) of floats, got ndarray \(7, 7\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            find_parts(lstm._replace(W_f=W_f))
    rnn = blank("rnn", 3, 7)
    for field, array, message in [
        ("W_ax", rnn.W_ax[:6], r"^expected W_ax \(7, n_x\) of floats, got ndarray \(6, 3\)"),
        ("W_ax", rnn.W_ax[:, :0], r"^expected W_ax \(7, 1\) of floats, got ndarray \(7, 0\)"),
        ("b_a", rnn.b_a[:, 0], r"^expected b_a \(n_a, 1\) of floats, got ndarray \(7,\)"),
        ("b_a", rnn.b_a.tolist(), r"^expected b_a \(n_a, 1\) of floats, got list, not ndarray$"),
    ]:
        with pytest.raises(ValueError, match=message):
            find_parts(rnn._replace(**{field: array}))
    with pytest.raises(ValueError, match=r"^expected W_ax \(1, n_x\) .* got ndarray \(0, 3\)"):
        find_parts(rnn._make([rnn.W_ax[:0], rnn.W_aa[:0, :0], rnn.b_a[:0]]))


def test_only_what_the_page_names_is_public():
    rules = {name for name in vars(initialisation) if name.endswith("_weights")}
    assert rules == {f"{rule}_weights" for rule in RULES}


@pytest.mark.untraced  # many draws; other tests run the same lines
@pytest.mark.parametrize("kind", ["dense", "one-hot"])
@pytest.mark.parametrize(("name", "rule"), PAIRS)
def test_every_z_at_the_first_step_has_the_mean_and_variance_of_the_page(name, rule, kind):
    rng = np.random.default_rng(list(f"{name} {rule} {kind}".encode()))
    input_scale = 1.0 if kind == "one-hot" else N_X**-0.5
    options = {} if rule in ("keras", "torch") else {"input_scale": input_scale}
    means, spreads = ({(gate, r): [] for gate in GATES[name] for r in (0, 1)} for _ in range(2))
    wanted, m = {key: [] for key in means}, 8
    for _ in range(400):
        params = RULES[rule](rng, blank(name), **options)
        x_1 = rng.normal(size=(N_X, m))
        if kind == "one-hot":
            x_1 = np.eye(N_X)[rng.integers(N_X, size=m)].T
        for with_state in (0, 1):
            a_0 = with_state * rng.normal(size=(N_A, m))
            sums, values = first_sums(name, params, x_1, a_0)
            for gate, z in sums.items():
                input_part, recurrent, mean, spread = expected(name, rule, gate, input_scale)
                if gate == "c" and len(GATES[name]) == 3:  # behind the reset gate
                    heard = (values.gamma_r**2).mean()
                    recurrent *= heard
                    if name == "gru_reset_after" and rule == "torch":
                        spread += heard / (3 * N_A)
                key = gate, with_state
                means[key].append(z.mean() - mean)
                spreads[key].append(((z - mean) ** 2).mean())
                features = N_X if kind == "dense" else 1
                wanted[key].append(features * input_part + with_state * recurrent + spread)
    for key in means:
        assert_close(means[key], 0, key)
        difference = np.array(spreads[key]) - wanted[key]
        error = assert_close(difference, 0, key)
        assert error < 0.03 * np.mean(wanted[key])  # so 15 % off would be seen


@pytest.mark.untraced
@pytest.mark.parametrize("input_scale", [None, 1.0])
@pytest.mark.parametrize("name", GATES)
def test_the_cells_draw_by_the_rule_of_the_book(name, input_scale):
    rng, moments = np.random.default_rng(0), []
    for draw in (
        lambda: CELLS[name].init(rng, N_X, N_A, input_scale=input_scale),
        lambda: book_weights(rng, blank(name), input_scale=input_scale),
    ):
        drawn = [draw() for _ in range(200)]
        W_x, W_a = zip(*(matrices(name, params) for params in drawn), strict=True)
        columns = [[w for w in params if w.shape[1] == 1] for params in drawn]
        np.testing.assert_array_equal(columns[0], columns[-1])
        moments.append(
            [np.mean(np.array(W) ** k, axis=(1, 2, 3)) for W in (W_x, W_a) for k in (1, 2, 4)]
        )
        moments[-1] += [columns[0]]
    *theirs, their_columns = moments[0]
    *ours, our_columns = moments[1]
    np.testing.assert_array_equal(their_columns, our_columns)
    for left, right in zip(theirs, ours, strict=True):
        assert_close(left - right, 0, "moment")


def test_what_was_drawn_in_another_shape_is_refused():
    params = blank("lstm", 3, 4)
    W_x, W_a = np.zeros((4, 4, 3)), np.zeros((4, 4, 4))
    for drawn, named in [
        ((W_x[0], W_a, {}), r"W_x \(gates, n_a, n_x\)"),
        ((W_x, W_a[:3], {}), r"W_a \(4, 4, n_a\)"),
        ((W_x, W_a, {"b_f": np.zeros(4)}), r"b_f \(4, 1\)"),
    ]:
        with pytest.raises(ValueError, match=f"^expected {named} of floats, got "):
            initialisation.assemble(params, *drawn)
