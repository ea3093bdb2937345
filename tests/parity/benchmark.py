"""Measures a training step of the readable LSTM against PyTorch's, forward and backward.

sh tests/parity/run.sh benchmark
Both run on one thread and take turns, so that what else the machine does slows both.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["VECLIB_MAXIMUM_THREADS"] = "1"

import time
from statistics import median

import numpy as np
import torch

from snippets.lstm import LSTMState, init_lstm, lstm_backward, lstm_forward
from snippets.variants import to_torch

T, M, N_X, N_A, ROUNDS = 100, 32, 64, 128, 60


def main():
    """Print both medians, and the median of the ratios of neighbours."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    params = init_lstm(rng, N_X, N_A, dtype=np.float32)
    x = rng.normal(size=(T, N_X, M)).astype(np.float32)
    da = rng.normal(size=(T, N_A, M)).astype(np.float32)
    start = LSTMState(*np.zeros((2, N_A, M), np.float32))
    module = torch.nn.LSTM(N_X, N_A)
    weights = to_torch("lstm", params._asdict())
    module.load_state_dict({name: torch.tensor(w) for name, w in weights.items()})
    inputs = torch.tensor(x.swapaxes(1, 2).copy(), requires_grad=True)
    d_out = torch.tensor(da.swapaxes(1, 2).copy())
    zero = torch.zeros(1, M, N_A)

    def ours():
        a, _, tape = lstm_forward(params, x, start)
        lstm_backward(params, tape, da)
        return a

    def theirs():
        module.zero_grad()
        inputs.grad = None
        out, _ = module(inputs, (zero, zero))
        out.backward(d_out)
        return out

    difference = abs(ours() - theirs().detach().numpy().swapaxes(1, 2)).max()
    assert difference < 1e-5, f"the two LSTMs differ by {difference}"
    times = {ours: [], theirs: []}
    for _ in range(ROUNDS):
        for step, seconds in times.items():
            begin = time.perf_counter()
            step()
            seconds.append(time.perf_counter() - begin)
    ratios = [a / b for a, b in zip(times[ours], times[theirs], strict=True)]
    print(f"NumPy {np.__version__}: {1000 * median(times[ours]):.1f} ms")
    print(f"PyTorch {torch.__version__}: {1000 * median(times[theirs]):.1f} ms")
    print(f"ratio: {median(ratios):.2f}")


if __name__ == "__main__":
    main()
