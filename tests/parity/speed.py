"""Times the fast cells against the readable ones, PyTorch, and the matrix products alone.

    sh tests/parity/run.sh speed

This takes ten minutes, or twenty with AVX-512. It writes what this processor measured into
docs/figures/fast.json, beside the records of others, and draws the figures of docs/fast.md again.
tests/test_fast.py then tells whether what the page says still holds.

All that is compared runs in one process and takes turns, in an order that is shuffled in each
round, so that what else the machine does slows all alike. With one thread we count the time that
the thread has run, with two threads the time on the clock. Each kernel of OpenBLAS, and each number
of threads, has a process of its own, because both are settled when NumPy is imported.
"""

import argparse
import ctypes
import json
import os
import platform
import random
import runpy
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch

from snippets import fast, gru_reset_after, lstm
from tests.numeric import peak_bytes
from tests.parity.stages import stages

RECORD = Path(__file__).parents[2] / "docs/figures/fast.json"
FIGURES = "fast.py", "fast_stages.py", "fast_settings.py", "fast_roof.py"
SIZES = {  # T, m, n_x, n_a
    "128 alone": (100, 1, 64, 128),
    "128": (100, 32, 64, 128),
    "256": (100, 32, 128, 256),
    "512": (50, 64, 256, 512),
    "650": (35, 20, 650, 650),
}
BASE = SIZES["256"]
GROWTH = {"T": (0, (25, 50, 100, 200)), "m": (1, (1, 8, 32, 128)), "n_a": (3, (64, 128, 256, 512))}
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
ROUNDS = 25  # three times as many where a step is short
CELLS = {
    "LSTM": (
        lstm.init_lstm,
        (lstm.lstm_forward, lstm.lstm_backward),
        (fast.fast_lstm_forward, fast.fast_lstm_backward),
        torch.nn.LSTM,
    ),
    "GRU": (
        gru_reset_after.init_gru_reset_after,
        (gru_reset_after.gru_reset_after_forward, gru_reset_after.gru_reset_after_backward),
        (fast.fast_gru_forward, fast.fast_gru_backward),
        torch.nn.GRU,
    ),
}


def draw(cell, T, m, n_x, n_a):
    """Draw weights, an input, and the gradient of the hidden states, in float32."""
    rng = np.random.default_rng(0)
    params = CELLS[cell][0](rng, n_x, n_a, dtype=np.float32)
    return params, *(rng.normal(size=(T, n, m)).astype(np.float32) for n in (n_x, n_a))


def training_steps(cell, size):
    """Return what is compared: for each a forward pass, and a pass forward and backward."""
    params, x, da = draw(cell, *size)
    _, readable, quick, _ = CELLS[cell]
    kept = {"tape": None}

    def fast_forward():
        kept["a"], _, kept["tape"] = quick[0](params, x, None, kept["tape"])

    def fast_step():
        fast_forward()
        return quick[1](params, kept["tape"], da)

    def readable_step():
        _, _, tape = readable[0](params, x)
        return readable[1](params, tape, da)

    return {
        "readable": (partial(readable[0], params, x), readable_step),
        "fast": (fast_forward, fast_step),
        "PyTorch": torch_step(cell, x, da),
        "products": products(cell, size),
    }


def torch_step(cell, x, da):
    """Return the passes of PyTorch, whose sequences have the features last."""
    n_x, n_a = x.shape[1], da.shape[1]
    module = CELLS[cell][3](n_x, n_a)
    inputs = torch.tensor(x.swapaxes(1, 2).copy(), requires_grad=True)
    gradient = torch.tensor(da.swapaxes(1, 2).copy())

    def step():
        module.zero_grad()
        inputs.grad = None
        module(inputs)[0].backward(gradient)

    return partial(module, inputs), step


def products(cell, size):
    """Return the matrix products of a cell and nothing else, into arrays that exist."""
    T, m, n_x, n_a = size
    rng = np.random.default_rng(0)
    pairs = [(4 * n_a, n_a + n_x)] if cell == "LSTM" else [(3 * n_a, n_x), (3 * n_a, n_a)]

    def normal(*shape):
        return rng.normal(size=shape).astype(np.float32)

    drawn, sums = [], []
    for rows, columns in pairs:
        W, a, dz = normal(rows, columns), normal(columns, m), normal(rows, m)
        drawn.append((W, a, np.empty_like(dz), W.T.copy(), dz, np.empty_like(a)))
        sums.append((normal(rows, T * m), normal(T * m, columns)))

    def forward():
        for _ in range(T):
            for W, a, z, _, _, _ in drawn:
                np.matmul(W, a, out=z)

    def step():
        forward()
        for _ in range(T):
            for _, _, _, W_T, dz, da in drawn:
                np.matmul(W_T, dz, out=da)
        for dz, inputs in sums:
            dz @ inputs

    return forward, step


def take_turns(calls, rounds, clock):
    """Time all calls in each round, in an order that is shuffled; return seconds by name."""
    for call in calls.values():
        call()
    seconds = {name: [] for name in calls}
    for _ in range(rounds):
        for name in random.sample([*calls], len(calls)):
            begin = clock()
            calls[name]()
            seconds[name].append(clock() - begin)
    return seconds


def against(seconds, base):
    """Return median milliseconds, and quartiles of the ratios of each round to the base."""
    return {
        name: {
            "ms": float(f"{1e3 * np.median(it):.4g}"),
            "ratio": [
                float(f"{r:.4g}") for r in np.percentile(np.divide(it, seconds[base]), [25, 50, 75])
            ],
        }
        for name, it in seconds.items()
    }


def time_sizes(clock, rounds):
    """Compare forward passes and training steps of both cells at all sizes, with PyTorch."""
    found = {}
    for cell in CELLS:
        found[cell] = {}
        for name, size in SIZES.items():
            times = 3 * rounds if size[1] == 1 else rounds
            steps = training_steps(cell, size)
            found[cell][name] = {
                kind: against(
                    take_turns({it: pair[i] for it, pair in steps.items()}, times, clock),
                    "PyTorch",
                )
                for i, kind in enumerate(("forward", "training step"))
            }
    return found


def time_stages(clock, rounds):
    """Compare the stages between the readable and the fast LSTM with the readable one."""
    found = {}
    for name, size in SIZES.items():
        given = draw("LSTM", *size)
        calls = {stage: partial(function, *given) for stage, function in stages().items()}
        times = 3 * rounds if size[1] == 1 else rounds
        found[name] = against(take_turns(calls, times, clock), "readable")
    return found


def time_growth(clock, rounds):
    """Time training steps of an LSTM while one of its sizes grows."""
    found = {}
    for letter, (place, values) in GROWTH.items():
        found[letter] = {}
        for value in values:
            size = (*BASE[:place], value, *BASE[place + 1 :])
            calls = {name: pair[1] for name, pair in training_steps("LSTM", size).items()}
            found[letter][str(value)] = against(take_turns(calls, rounds, clock), "PyTorch")
    return found


def time_blocks(clock, rounds):
    """Compare the product of a step with one in blocks of rows.

    Each block has at most a million multiplications.
    """
    found = {}
    for name, (T, m, n_x, n_a) in SIZES.items():
        W = draw("LSTM", T, m, n_x, n_a)[0]
        W = np.concatenate([W.W_f, W.W_u, W.W_c, W.W_o])
        a_x = np.ones((n_a + n_x, m), np.float32)
        fit = (r for r in range(1, len(W) + 1) if len(W) % r == 0 and r * a_x.size <= 1e6)
        blocks = W.reshape(-1, max(fit), n_a + n_x)
        calls = {"whole": partial(repeat, T, W, a_x), "blocks": partial(repeat, T, blocks, a_x)}
        found[name] = against(take_turns(calls, 3 * rounds, clock), "whole")
    return found


def time_rates(clock, rounds):
    """Say how many billions of operations a second a step's product does, for each batch.

    An operation is a multiplication or an addition. Beside them is the rate of a large product.
    """
    products = {"large": (2048, 2048, 2048)}
    for name in ("256", "650"):
        _, _, n_x, n_a = SIZES[name]
        products |= {(name, m): (4 * n_a, n_a + n_x, m) for m in BATCHES}
    calls, operations = {}, {}
    for key, (rows, columns, m) in products.items():
        W, a = np.ones((rows, columns), np.float32), np.ones((columns, m), np.float32)
        times = max(1, round(5e7 / W.size / m))
        calls[key] = partial(repeat, times, W, a)
        operations[key] = 2 * times * W.size * m
    seconds = take_turns(calls, rounds, clock)
    rates = {
        key: float(f"{operations[key] / np.median(it) / 1e9:.4g}") for key, it in seconds.items()
    }
    found = {name: {m: rates[name, m] for m in BATCHES} for name in ("256", "650")}
    return found | {"large": rates["large"]}


def repeat(times, W, a):
    """Multiply so many times."""
    out = np.empty((*W.shape[:-1], a.shape[1]), a.dtype)
    for _ in range(times):
        np.matmul(W, a, out=out)


def measure_memory():
    """Say how many MB of arrays a training step of NumPy's cells has at most, the first time."""
    found = {}
    for cell in CELLS:
        found[cell] = {}
        for name, size in SIZES.items():
            params, x, da = draw(cell, *size)
            found[cell][name] = {
                which: round(peak_bytes(partial(first_step, functions, params, x, da)) / 1e6, 1)
                for which, functions in zip(("readable", "fast"), CELLS[cell][1:3], strict=True)
            }
    return found


def first_step(functions, params, x, da):
    """Make a training step with a new tape, and return all that came of it."""
    a, _, tape = functions[0](params, x)
    return a, functions[1](params, tape, da)


def kernel():
    """Ask OpenBLAS for the name of its kernel."""
    folder = Path(np.__file__).parents[1] / "numpy.libs"
    library = ctypes.CDLL(str(next(folder.glob("libscipy_openblas64_*"))))
    library.scipy_openblas_get_corename64_.restype = ctypes.c_char_p
    return library.scipy_openblas_get_corename64_().decode()


def processor():
    """Name the processor, and tell whether it has AVX-512."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n")
    name = next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    return name, any("avx512f" in line for line in lines)


def measure(threads, rounds):
    """Measure everything with the kernel and the number of threads of this process."""
    torch.set_num_threads(threads)
    clock = time.thread_time if threads == 1 else time.perf_counter
    found = {"kernel": kernel(), "threads": threads}
    if threads == 1:
        found["memory"] = measure_memory()
        for what, timed in (
            ("stages", time_stages),
            ("growth", time_growth),
            ("blocks", time_blocks),
            ("rates", time_rates),
        ):
            found[what] = timed(clock, rounds)
    return found | {"sizes": time_sizes(clock, rounds)}


def run_all(rounds, has_avx512):
    """Measure in a process for each kernel and number of threads; return the record."""
    runs = []
    for core in ["Haswell"] + ["SkylakeX"] * has_avx512:
        for threads in (1, 2):
            os.environ["OPENBLAS_CORETYPE"] = core
            os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
            os.environ["OMP_NUM_THREADS"] = str(threads)
            os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # or PyTorch's threads disturb NumPy's
            command = [sys.executable, "-B", "-m", "tests.parity.speed", "--threads", str(threads)]
            command += ["--rounds", str(rounds if threads == 1 else min(rounds, 3))]
            print(f"OpenBLAS as for {core}, threads: {threads} ...", file=sys.stderr, flush=True)
            ran = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            runs.append(json.loads(ran.stdout))
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "has AVX-512": has_avx512,
        "versions": {
            "Python": platform.python_version(),
            "NumPy": np.__version__,
            "PyTorch": torch.__version__,
            blas["name"]: blas["version"],
        },
        "rounds": rounds,
        "sizes": SIZES,
        "runs": runs,
    }


def main():
    """Measure, or in a process of its own measure one kernel and number of threads."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    if given.threads:
        print(json.dumps(measure(given.threads, given.rounds)))
        return
    name, has_avx512 = processor()
    record = run_all(given.rounds, has_avx512)
    records = json.loads(RECORD.read_text(encoding="utf-8")) | {name: record}
    RECORD.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    for name in FIGURES:
        runpy.run_path(str(RECORD.with_name(name)), run_name="__main__")
    for run in record["runs"]:
        print(f"kernel {run['kernel']}, threads: {run['threads']}, training step beside PyTorch's")
        for cell, sizes in run["sizes"].items():
            for size, kinds in sizes.items():
                ratios = {it: found["ratio"][1] for it, found in kinds["training step"].items()}
                print(f"  {cell}, {size}: {ratios}")


if __name__ == "__main__":
    main()
