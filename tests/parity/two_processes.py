"""Compares two processes of char_lstm_torch.py with NumPy, and plants faults to be noticed.

sh tests/parity/run.sh scaling
"""

import json
import os
import tempfile
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from snippets.char_lstm import Run as State
from snippets.char_lstm import advance, init_model, model, pieces
from snippets.variants import from_torch
from tests.parity import char_lstm_torch
from tests.parity.char_lstm_weights import to_state_dict

TEXT = Path(__file__).parents[2] / "docs/experiments/data/shakespeare_excerpt.txt"
STREAMS, UNITS, LENGTH = 5, 16, 12  # an odd number of streams: three and two
OPTIONS = SimpleNamespace(seed=1, rate=0.02, parts=2)
FAULTS = {  # what is wrong: (what is in the file, what stands there instead)
    "the mean of two means": (
        "summed / total",
        "summed / (targets.numel() * parts * dist.get_world_size())",
    ),
    "a sum that is divided": (" * dist.get_world_size()).backward()", ").backward()"),
    "the same streams twice": ("dim)[dist.get_rank()]", "dim)[0]"),
    "a state that keeps its history": ("state.detach()", "state"),
    "a state that is forgotten": ("return loss, torch.cat(", "return loss, 0 * torch.cat("),
    "gradients that stay alone": (
        "nullcontext() if is_last else model",
        "nullcontext() if False else model",
    ),
    "a checkpoint without Adam's memory": ('load_state_dict(box[0]["optimizer"])', "state_dict()"),
    "a checkpoint without the state": ('"state"], 2).clone()', '"state"], 2) * 0'),
    "the same dropout twice": ("step, dist.get_rank()]", "step, 0]"),
}


def to_ours(arrays):
    """Order arrays of a CharLSTM as char_lstm.py does: the inverse of `to_state_dict`."""
    cell = from_torch("lstm", arrays, prefix="cell.")
    both = np.concatenate([cell[f"W_{gate}"] for gate in "fuco"])
    n_a = both.shape[0] // 4
    return [
        both[:, n_a:],
        both[:, :n_a],
        arrays["readout.weight"],
        arrays["readout.bias"][:, None],
    ]


def gradients_of(network):
    """Return the gradients of a CharLSTM in the order of char_lstm.py."""
    return to_ours({name: w.grad.numpy().copy() for name, w in network.named_parameters()})


def error(ours, theirs):
    """Return the largest difference of two lists of arrays, relative to each array."""
    pairs = zip(ours, theirs, strict=True)
    return float(max(abs(one - other).max() / abs(other).max() for one, other in pairs))


def read_text():
    """Return the text as tokens, and the number of symbols."""
    alphabet, tokens = np.unique(np.fromfile(TEXT, np.uint8), return_inverse=True)
    return tokens, len(alphabet)


def planted(old, new):
    """Return the file for readers with a fault in it, as a module."""
    source = Path(char_lstm_torch.__file__).read_text(encoding="utf-8")
    if source.count(old) != 1:
        raise ValueError(f"char_lstm_torch.py: expected `{old}` once, to plant a fault there")
    module = ModuleType("planted")
    exec(compile(source.replace(old, new), "planted", "exec"), module.__dict__)
    return module


class Training:
    """A network that both processes train, as the module says, on four chunks of the text."""

    def __init__(self, module, dtype=np.float64, seed=1):
        tokens, n_y = read_text()
        self.module = module
        self.chunks = pieces(tokens, LENGTH, STREAMS)[:4]
        self.params = init_model("lstm", np.random.default_rng(seed), n_y, UNITS, dtype)
        network = module.CharLSTM(n_y, UNITS)
        network.load_state_dict(to_state_dict(self.params))
        self.network = DistributedDataParallel(network)
        self.optimizer = torch.optim.Adam(self.network.parameters())
        self.shards = module.take_shard(torch.tensor(self.chunks), 2)
        self.state = network.zero_state(self.shards.shape[2])
        self.step = 0

    def train(self, last):
        """Train up to a step."""
        for step in range(self.step, last):
            chunk, state = self.shards[step], self.state
            _, self.state = self.module.advance(
                self.network, self.optimizer, chunk, state, step, OPTIONS
            )
        self.step = last

    def weights(self):
        """Return copies of the weights."""
        return [w.detach().numpy().copy() for w in self.network.parameters()]


def gather(value):
    """Return what each process has."""
    everyone = [None] * dist.get_world_size()
    dist.all_gather_object(everyone, value)
    return everyone


def compare_gradients(module, dtype):
    """Return how far losses and gradients are from NumPy's, with the state carried."""
    it = Training(module, dtype)
    ours, losses, errors = None, [], []
    for chunk, shard in zip(it.chunks, it.shards, strict=True):
        loss, gradients, ours = model("lstm", it.params, chunk, ours)
        it.network.zero_grad()
        theirs, it.state = module.backward(it.network, shard, it.state, OPTIONS.parts)
        losses.append([loss, theirs.item()])
        errors.append(error(gradients_of(it.network.module), gradients))
    far = max(abs(one - other) / one for one, other in losses)
    return {"loss": far, "gradients": max(errors)}


def compare_runs(module, folder):
    """Return how far apart the weights of the processes are, and those of a resumed run."""
    it, again = Training(module), Training(module, seed=2)
    it.train(2)
    module.save(folder / "run.pt", it.network, it.optimizer, it.state, it.step)
    it.train(4)
    again.state, again.step = module.load(folder / "run.pt", again.network, again.optimizer)
    again.train(4)
    ours = State(0, None, it.params, 4 * [0], 4 * [0], None)
    for _ in range(4):
        settings = {"cell": "lstm", "alphabet": range(len(it.params[2]))}
        ours, _ = advance(ours, settings, it.chunks, OPTIONS.rate)
    theirs = to_ours({name: w.numpy() for name, w in it.network.module.state_dict().items()})
    return {
        "other process": error(*gather(it.weights())),
        "resumed": error(again.weights(), it.weights()),
        "trained": error(theirs, ours.params),
    }


def compare_draws(module):
    """Return 1 if both processes draw the same numbers for their dropout, else 0."""
    Training(module).train(1)
    one, other = gather(torch.rand(4).tolist())
    return {"same draws": float(one == other)}


def measure(module, folder):
    """Return all differences in float64, or what went wrong."""
    torch.set_default_dtype(torch.float64)
    try:
        gradients = compare_gradients(module, np.float64)
        return gradients | compare_runs(module, folder) | compare_draws(module)
    except RuntimeError as raised:
        return {"error": str(raised).split(" (")[0]}


def work(rank, folder):
    """Be one of two processes; the first writes what they found out."""
    folder = Path(folder)
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo",
        init_method=f"file://{folder}/meeting",
        rank=rank,
        world_size=2,
        timeout=timedelta(seconds=60),
    )
    found = {"float64": measure(char_lstm_torch, folder)}
    found |= {name: measure(planted(*fault), folder) for name, fault in FAULTS.items()}
    torch.set_default_dtype(torch.float32)
    found["float32"] = compare_gradients(char_lstm_torch, np.float32)
    if rank == 0:
        (folder / "found.json").write_text(json.dumps(found), encoding="utf-8")
    dist.barrier()
    os._exit(0)  # at once: after a planted fault, a thread of gloo may abort a process that ends


def find_out():
    """Return the differences of the right file and of each faulty one."""
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(work, (folder,), nprocs=2)
        return json.loads((Path(folder) / "found.json").read_text(encoding="utf-8"))
