"""Compares what our rules draw with the first weights of fresh layers of PyTorch and Keras.

sh tests/parity/run.sh drawn

Random numbers agree in their distribution only: in every array the mean, the second and the fourth
power of the elements must be alike, over many layers, up to what chance explains.
"""

import importlib
import sys

import numpy as np

from snippets.initialisation import keras_weights, torch_weights
from snippets.variants import from_keras, from_torch
from tests.parity.references import KERAS, PYTORCH, keras, torch

N_X, N_A = 12, 20
LAYERS = 150
LIMIT = 5  # standard errors; of some 400 comparisons chance sends none this far off


def fresh_torch(cell, seed):
    """Return the first weights of a module of PyTorch, by our names."""
    torch.manual_seed(seed)
    module = PYTORCH.cells[cell](N_X, N_A, dtype=torch.float64)
    return from_torch(cell, {name: w.detach().numpy() for name, w in module.named_parameters()})


def fresh_keras(cell, seed):
    """Return the first weights of a layer of Keras, by our names."""
    keras.utils.set_random_seed(seed)
    kind, options = KERAS.cells[cell]
    layer = kind(N_A, **options)
    layer.build((1, 1, N_X))
    return from_keras(cell, [np.asarray(w) for w in layer.get_weights()])


def ours(rule, cell, seed):
    """Return what one of our rules draws."""
    init = getattr(importlib.import_module(f"snippets.{cell}"), f"init_{cell}")
    rng = np.random.default_rng(seed)
    return rule(rng, init(rng, N_X, N_A))._asdict()


def blocks(params):
    """Cut an LSTM's matrices into their recurrent and their input columns."""
    cut = {}
    for name, array in params.items():
        if array.shape[1] == N_A + N_X:
            cut |= {f"{name}[a]": array[:, :N_A], f"{name}[x]": array[:, N_A:]}
        else:
            cut[name] = array
    return cut


def gram(params):
    """Return how far the recurrent weights of all gates together are from keeping lengths."""
    names = [name for name in params if name == "W_aa" or name[0] == "U" or name.endswith("[a]")]
    stacked = np.concatenate([params[name] for name in names])
    return abs(stacked.T @ stacked - np.eye(N_A)).max()


def moments(drawn):
    """Return for each array three powers of its elements, averaged within each layer."""
    return {
        f"{name}^{power}": np.array([(params[name] ** power).mean() for params in drawn])
        for name in drawn[0]
        for power in (1, 2, 4)
    }


def compare(cell, fresh, rule):
    """Return the largest difference in standard errors, and where it is."""
    theirs = [blocks(fresh(cell, seed)) for seed in range(LAYERS)]
    mine = [blocks(ours(rule, cell, seed)) for seed in range(LAYERS)]
    assert theirs[0].keys() == mine[0].keys()
    worst = 0.0, "nowhere"
    left, right = moments(theirs), moments(mine)
    for name in left:
        error = np.sqrt((left[name].var() + right[name].var()) / LAYERS)
        difference = abs(left[name].mean() - right[name].mean())
        if difference > 1e-7:  # biases that are not drawn agree to the digit
            worst = max(worst, (float(difference / error) if error else np.inf, name))
    if rule is keras_weights:
        off = max(gram(params) for params in (*theirs[:5], *mine[:5]))
        worst = max(worst, (np.inf if off > 1e-5 else 0.0, "Q^T Q"))
    return worst


def main():
    """Print a line for each cell and library; fail if one is far off."""
    cases = [(PYTORCH, cell, fresh_torch, torch_weights) for cell in PYTORCH.cells]
    cases += [(KERAS, cell, fresh_keras, keras_weights) for cell in KERAS.cells]
    failed = 0
    for library, cell, fresh, rule in cases:
        far, name = compare(cell, fresh, rule)
        print(f"{cell:16} {library.version:34} {far:.1f} standard errors, in {name}", flush=True)
        failed += not far <= LIMIT
    print(f"{len(cases) - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
