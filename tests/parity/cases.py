"""One sequence through one cell or part: drawn at random, and as the snippet computes it."""

import importlib

import numpy as np

from snippets.onnx_flax import from_flax, from_onnx
from tests.parity.parts import PARTS

MORE_SIZES = {"delta": {"n_k": 2}, "ssm": {"n_s": 1}}  # at least: a key of one number is a sign
FEW = 12  # of the shapes, where a library compiles long for each


def shapes():
    """Return 50 shapes T, n_x, m, n_a; the first ones hold the edges: sizes of 1."""
    rng = np.random.default_rng(0)
    edges = [(1, 1, 1, 1), (1, 3, 2, 4), (5, 1, 3, 2), (4, 3, 1, 2), (3, 2, 4, 1), (20, 4, 3, 5)]
    return edges + [tuple(int(n) for n in rng.integers(1, 9, 4)) for _ in range(50 - len(edges))]


def find_cells(root):
    """Name the snippets that define a cell."""
    paths = sorted((root / "snippets").glob("[a-z]*.py"))
    return [p.stem for p in paths if f"def {p.stem}_step(" in p.read_text(encoding="utf-8")]


def draw(cell, library, T, n_x, m, n_a, seed):
    """Draw weights in the layout of the library, a sequence, a state, and what comes back."""
    rng, switched = np.random.default_rng(seed), dict.fromkeys(library.switches, True)
    if cell in PARTS:
        params, given = PARTS[cell].draw(rng, T, n_x, m, n_a)
        return {"weights": library.lay_out(cell, params)} | given | switched
    snippet = importlib.import_module(f"snippets.{cell}")
    more = {name: int(rng.integers(least, 9)) for name, least in MORE_SIZES.get(cell, {}).items()}
    params = getattr(snippet, f"init_{cell}")(rng, n_x, n_a, **more)._asdict()
    start, _ = getattr(snippet, f"{cell}_step")([*params.values()], np.zeros((n_x, m)))

    def arrays(*shape, scale=1.0):
        return rng.normal(scale=scale, size=shape)

    weights = library.lay_out(cell, params)
    return {
        "weights": {name: arrays(*w.shape, scale=0.5) for name, w in weights.items()},
        "x": arrays(T, n_x, m),
        "state_0": [arrays(*s.shape) for s in start],
        "da": arrays(T, n_a, m),
        "d_state_T": [arrays(*s.shape) for s in start],
        **switched,
    }


def unflatten(weights):
    """Make a tree of Flax out of arrays that are named by their paths."""
    tree = {}
    for name, w in weights.items():
        dense, end = name.split("/")
        tree.setdefault(dense, {})[end] = w
    return tree


def read_flax(cell, weights):
    """Read weights in the layout of Flax, named by their paths."""
    return from_flax(cell, unflatten(weights))


def read_onnx(cell, weights):
    """Read weights in the layout of ONNX; peepholes are an input P, for the gates i, o, f."""
    if cell != "peephole":
        return from_onnx(cell, **weights)
    *arrays, P = weights.values()
    p_u, p_o, p_f = P.reshape(3, -1, 1)
    return from_onnx("lstm", *arrays) | {"p_f": p_f, "p_u": p_u, "p_o": p_o}


def read_keras_attention(kind, weights):
    """Read the kernels of two Dense layers of Keras, and the scale of AdditiveAttention."""
    names = {"W_q": "query_kernel", "W_k": "key_kernel", "w_s": "scale"}
    return {ours: weights[theirs].T for ours, theirs in names.items() if weights}


def run_snippet(cell, params, **given):
    """Run forward and backward of the snippet."""
    if cell in PARTS:
        return PARTS[cell].run(params, **given)
    return run_cell(cell, params, **given)


def run_cell(cell, params, x, state_0, da, d_state_T, **options):
    """Run forward and backward of a cell."""
    snippet = importlib.import_module(f"snippets.{cell}")
    kinds = {name: kind for name, kind in vars(snippet).items() if isinstance(kind, type)}
    Params = next(kind for name, kind in kinds.items() if name.endswith("Params"))
    State = next(kind for name, kind in kinds.items() if name.endswith("State"))
    params = Params(**params)
    a, state_T, tape = getattr(snippet, f"{cell}_forward")(params, x, State(*state_0), **options)
    backward = getattr(snippet, f"{cell}_backward")
    d_params, dx, d_state_0 = backward(params, tape, da, State(*d_state_T))
    return {
        "a": a,
        "state_T": [*state_T],
        "d_params": d_params._asdict(),
        "dx": dx,
        "d_state_0": [*d_state_0],
    }


def name_arrays(results):
    """Flatten results to single arrays, each with its name."""
    named = {}
    for name, value in results.items():
        if isinstance(value, dict):
            named |= {f"d{inner}": array for inner, array in value.items()}
        elif isinstance(value, list):
            named |= {f"{name}[{i}]": array for i, array in enumerate(value)}
        else:
            named[name] = value
    return named


def errors(ours, theirs):
    """Return the largest difference in each array of theirs, relative to its largest element.

    A library without gradients gives outputs alone.
    """
    ours = {name: ours[name] for name in theirs}
    ours, theirs = name_arrays(ours), name_arrays(theirs)
    if {name: array.shape for name, array in ours.items()} != {
        name: np.shape(array) for name, array in theirs.items()
    }:
        raise ValueError(f"expected the arrays {list(theirs)}, got {list(ours)}")
    return {
        name: abs(ours[name] - theirs[name]).max() / max(abs(theirs[name]).max(), 1e-300)
        for name in ours
    }
