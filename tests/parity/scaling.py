"""Compares char_lstm_torch.py with NumPy, two processes with one, and both with docs/scaling.md.

sh tests/parity/run.sh scaling            compares with tests/parity/scaling.json
sh tests/parity/run.sh scaling --write    writes it; the page shows what is in it
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from snippets.char_lstm import init_model, model, pieces
from tests.parity import char_lstm_torch
from tests.parity.char_lstm_weights import to_state_dict
from tests.parity.two_processes import (
    FAULTS,
    TEXT,
    error,
    find_out,
    gradients_of,
    read_text,
)

RECORD = Path(__file__).with_name("scaling.json")
# How far two sums in another order may be apart, relative to the largest element of an array.
LIMITS = {"float64": 1e-12, "float32": 1e-4}
NOTICED = 1e-3  # a planted fault changes something by more than this
EXACT = "other process", "resumed", "same draws"  # no difference at all
ROUNDED = 0.005  # another processor may change a loss by this within some hundred steps
FILE = "char_lstm_torch.py input.txt --units 64 --every 50"
TWO = "--nnodes 2 --nproc-per-node 1 --master-addr 127.0.0.1 --master-port 29500"
COMMANDS = {  # what runs at the same time
    "two processes": [f"torchrun --nproc-per-node 2 {FILE} --steps 200"],
    "one process": [f"torchrun --nproc-per-node 1 {FILE} --steps 250"],
    "two launches": [f"torchrun {TWO} --node-rank {rank} {FILE} --steps 300" for rank in (0, 1)],
}


def first_batch(dtype):
    """Return the loss of the first batch in NumPy and PyTorch, and how far the gradients are."""
    tokens, n_y = read_text()
    chunk = pieces(tokens[: -(len(tokens) // 20)], T=32, m=32)[0]
    params = init_model("lstm", np.random.default_rng(1), n_y, n_a=128, dtype=np.dtype(dtype))
    loss, gradients, _ = model("lstm", params, chunk, None)
    torch.set_default_dtype(getattr(torch, dtype))
    network = char_lstm_torch.CharLSTM(n_y, n_a=128)
    network.load_state_dict(to_state_dict(params))
    z, _ = network(torch.tensor(chunk[:-1]), network.zero_state(32))
    targets = torch.tensor(chunk[1:]).flatten()
    theirs = torch.nn.functional.cross_entropy(z.flatten(0, 1), targets)
    theirs.backward()
    far = error(gradients_of(network), gradients)
    return {"NumPy": loss, "PyTorch": theirs.item(), "gradients": far}


def launch(commands, folder):
    """Run commands at the same time, as a reader would; return what they print."""
    bin_folder = Path(sys.executable).parent
    running = [
        subprocess.Popen(
            [bin_folder / command.split()[0], *command.split()[1:]],
            cwd=folder,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for command in commands
    ]
    printed = [process.communicate() for process in running]
    for command, process, (_, errors) in zip(commands, running, printed, strict=True):
        if process.returncode:
            sys.exit(f"{command}\n{errors}")
    return [line.rstrip() for out, _ in printed for line in out.splitlines()]


def launch_all():
    """Run all commands of the page, one after another, in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(TEXT, Path(folder, "input.txt"))
        shutil.copy(char_lstm_torch.__file__, folder)
        return {
            name: {"commands": commands, "printed": launch(commands, folder)}
            for name, commands in COMMANDS.items()
        }


def same_lines(shown, printed):
    """Tell whether lines have the same words, and numbers that differ by rounding only."""
    number = re.compile(r"\d+(?:\.\d+)?")
    shown, printed = "\n".join(shown), "\n".join(printed)
    pairs = zip(number.findall(shown), number.findall(printed), strict=False)
    return number.sub("#", shown) == number.sub("#", printed) and all(
        abs(float(one) - float(other)) <= ROUNDED for one, other in pairs
    )


def compare_batches(batches):
    """Say where PyTorch's first batch differs from NumPy's by more than rounding."""
    for dtype, it in batches.items():
        far = max(abs(it["NumPy"] - it["PyTorch"]) / it["NumPy"], it["gradients"])
        print(f"first batch, {dtype:8} NumPy {it['NumPy']:.15f} PyTorch {it['PyTorch']:.15f}")
        if not far <= LIMITS[dtype]:
            yield f"first batch, {dtype}: differs by {far:.1e}"


def listed(differences):
    """Return differences by name in one line."""
    numbers = {k: v if isinstance(v, str) else f"{v:.1e}" for k, v in differences.items()}
    return ", ".join(" ".join(pair) for pair in numbers.items())


def compare_processes(found):
    """Say where two processes differ from NumPy, and which planted faults make no difference."""
    for dtype, limit in LIMITS.items():
        print(f"two processes, {dtype}: {listed(found[dtype])}")
        for name, far in found[dtype].items():
            if not far <= (0 if name in EXACT else limit):
                yield f"two processes, {dtype}: {name} differs by {far:.1e}"
    for name in FAULTS:
        seen = {k: v for k, v in found[name].items() if k == "error" or v > NOTICED}
        print(f"planted: {name:36} {listed(seen)}")
        if not seen:
            yield f"nothing notices {name}"


def compare_record(shown, now):
    """Say what the page shows and is no longer so."""
    for name, run in now["launched"].items():
        print(*run["commands"], *run["printed"], sep="\n")
        before = shown["launched"].get(name, {"commands": [], "printed": []})
        if before["commands"] != run["commands"] or not same_lines(
            before["printed"], run["printed"]
        ):
            yield f"{name}: tests/parity/scaling.json has {before}"
    for dtype, it in now["first batch"].items():
        for library in ("NumPy", "PyTorch"):
            before = shown["first batch"].get(dtype, {}).get(library, np.nan)
            if not abs(before - it[library]) <= LIMITS[dtype]:
                yield f"first batch, {dtype}: tests/parity/scaling.json has {before}"


def main():
    """Print what was measured; fail if something differs."""
    now = {
        "versions": f"PyTorch {torch.__version__}, NumPy {np.__version__}",
        "limits": LIMITS,
        "first batch": {dtype: first_batch(dtype) for dtype in LIMITS},
        "processes": find_out(),
        "launched": launch_all(),
    }
    failed = [*compare_batches(now["first batch"]), *compare_processes(now["processes"])]
    if "--write" in sys.argv:
        RECORD.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    failed += compare_record(json.loads(RECORD.read_text(encoding="utf-8")), now)
    print(*failed, sep="\n", file=sys.stderr, end="\n" * bool(failed))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
