# SPDX-License-Identifier: MIT-0
"""Train the network of char_lstm.py in PyTorch, with one process or several.

    torchrun --nproc-per-node 1 char_lstm_torch.py input.txt
    torchrun --nproc-per-node 2 char_lstm_torch.py input.txt

It runs on processors, without graphics cards. Explained in docs/scaling.md,
proven by tests/parity/scaling.py.
"""

# --8<-- [start:imports]
import argparse
import contextlib
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.functional import cross_entropy, one_hot
from torch.nn.parallel import DistributedDataParallel

# --8<-- [end:imports]


# --8<-- [start:model]
class CharLSTM(nn.Module):
    """An LSTM that reads tokens (T, m) and predicts what follows each."""

    def __init__(self, n_y, n_a, dropout=0.0):
        super().__init__()
        self.n_y, self.n_a = n_y, n_a
        self.cell = nn.LSTM(n_y, n_a, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.readout = nn.Linear(n_a, n_y)

    def forward(self, tokens, state):
        """Return logits (T, m, n_y), and the state (2, 1, m, n_a)."""
        # --8<-- [start:forward]
        x = one_hot(tokens, self.n_y).to(state.dtype)
        a, state = self.cell(x, tuple(state))
        return self.readout(self.dropout(a)), torch.stack(state)
        # --8<-- [end:forward]

    def zero_state(self, m):
        """Return the state before the text begins: a and c of m streams."""
        return torch.zeros(2, 1, m, self.n_a)


# --8<-- [end:model]


# --8<-- [start:draw]
def draw_weights(model):
    """Draw the first weights by the rule of char_lstm.py."""
    scale = model.n_a**-0.5
    nn.init.normal_(model.cell.weight_ih_l0)
    nn.init.normal_(model.cell.weight_hh_l0, std=scale)
    nn.init.normal_(model.readout.weight, std=scale)
    nn.init.zeros_(model.readout.bias)
    with torch.no_grad():  # gates in rows: update, forget, candidate, output
        model.cell.weight_ih_l0[model.n_a : 2 * model.n_a] += 1


# --8<-- [end:draw]


# --8<-- [start:pieces]
def pieces(tokens, T, m):
    """Cut a text into m columns, and these into chunks of T + 1 tokens."""
    count = (len(tokens) - 1) // (T * m)
    runs = np.lib.stride_tricks.sliding_window_view(tokens, T + 1)[::T]
    return runs[: m * count].reshape(m, count, T + 1).transpose(1, 2, 0)


# --8<-- [end:pieces]


# --8<-- [start:shard]
def take_shard(streams, dim):
    """Return the streams of this process; all processes have them all."""
    return streams.tensor_split(dist.get_world_size(), dim)[dist.get_rank()]


# --8<-- [end:shard]


# --8<-- [start:backward]
def backward(model, chunk, state, parts=1):
    """Add up the gradients of all processes, for one chunk of the text.

    The chunk (T + 1, m) and the state hold the streams of this process. They
    are read in several parts, one after another, if they don't fit into
    memory together. Returned are the mean loss of all processes, and the
    state, which takes no gradient back into this chunk.
    """
    total = torch.tensor(chunk[1:].numel())
    dist.all_reduce(total)  # predictions of all processes
    loss, states = torch.zeros(()), []
    chunks = chunk.tensor_split(parts, 1)
    starts = state.tensor_split(parts, 2)
    for part, (tokens, start) in enumerate(zip(chunks, starts, strict=True)):
        is_last = part == parts - 1
        # --8<-- [start:share]
        with contextlib.nullcontext() if is_last else model.no_sync():
            z, state = model(tokens[:-1], start)
            targets = tokens[1:].flatten()
            summed = cross_entropy(z.flatten(0, 1), targets, reduction="sum")
            share = summed / total
            (share * dist.get_world_size()).backward()
        loss += share.detach()
        states.append(state.detach())
        # --8<-- [end:share]
    dist.all_reduce(loss)
    return loss, torch.cat(states, 2)


# --8<-- [end:backward]


# --8<-- [start:step]
def advance(model, optimizer, chunk, state, step, options):
    """Make one training step; return its loss, and the next state."""
    seeds = np.random.SeedSequence([options.seed, step, dist.get_rank()])
    torch.manual_seed(int(seeds.generate_state(1)[0]))  # for the dropout
    optimizer.zero_grad()
    loss, state = backward(model, chunk, state, options.parts)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for group in optimizer.param_groups:
        group["lr"] = options.rate * (1 + step / 500) ** -0.5
    optimizer.step()
    return loss.item(), state


# --8<-- [end:step]


# --8<-- [start:validate]
@torch.no_grad()
def validate(model, chunk):
    """Return the mean loss of all processes on a held-out chunk."""
    model.eval()
    z, _ = model(chunk[:-1], model.module.zero_state(chunk.shape[1]))
    model.train()
    targets = chunk[1:].flatten()
    summed = cross_entropy(z.flatten(0, 1), targets, reduction="sum")
    both = torch.stack([summed, torch.tensor(float(len(targets)))])
    dist.all_reduce(both)
    return (both[0] / both[1]).item()


# --8<-- [end:validate]


# --8<-- [start:checkpoint]
def save(path, model, optimizer, state, step):
    """Let process 0 write all that a run needs to go on, or no file."""
    states = [None] * dist.get_world_size() if dist.get_rank() == 0 else None
    dist.gather_object(state, states)
    if dist.get_rank() == 0:
        checkpoint = {
            "model": model.module.state_dict(),
            "optimizer": optimizer.state_dict(),
            "state": torch.cat(states, 2),  # of all streams
            "step": step,
        }
        torch.save(checkpoint, f"{path}.part")
        Path(f"{path}.part").replace(path)


def load(path, model, optimizer):
    """Go on from a checkpoint, if process 0 has one; return state, step."""
    box = [None]
    if dist.get_rank() == 0 and path.exists():
        box = [torch.load(path, weights_only=True)]
    dist.broadcast_object_list(box)  # the others need not have the file
    if box[0] is None:
        return None, 0
    model.module.load_state_dict(box[0]["model"])
    optimizer.load_state_dict(box[0]["optimizer"])
    return take_shard(box[0]["state"], 2).clone(), box[0]["step"]


# --8<-- [end:checkpoint]


# --8<-- [start:train]
def train(options):
    """Train on a text; if there is a checkpoint, go on from it."""
    text = np.fromfile(options.text, np.uint8)
    alphabet, tokens = np.unique(text, return_inverse=True)
    last, T, m = len(tokens) // 20, options.length, options.batch
    if m < (least := options.parts * dist.get_world_size()):
        raise ValueError(f"expected a --batch of {least} or more, got {m}")
    seen = torch.tensor(pieces(tokens[:-last], T, m))
    unseen = pieces(tokens[-last:], min(500, (last - 1) // m), m)[0]
    seen, unseen = take_shard(seen, 2), take_shard(torch.tensor(unseen), 1)

    torch.manual_seed(options.seed)  # the same first weights everywhere
    model = CharLSTM(len(alphabet), options.units, options.dropout)
    draw_weights(model)
    model = DistributedDataParallel(model)
    optimizer = torch.optim.Adam(model.parameters())
    state, first = load(options.checkpoint, model, optimizer)
    losses = []
    for step in range(first, options.steps):
        if step % len(seen) == 0:  # the text begins
            state = model.module.zero_state(seen.shape[2])
        chunk = seen[step % len(seen)]
        loss, state = advance(model, optimizer, chunk, state, step, options)
        losses.append(loss)
        if (step + 1) % options.every == 0:
            validation = validate(model, unseen)
            save(options.checkpoint, model, optimizer, state, step + 1)
            if dist.get_rank() == 0:
                mean = np.mean(losses)
                print(f"step {step + 1:<7} loss {mean:.3f}", end="   ")
                print(f"validation {validation:.3f}", flush=True)
            losses = []


# --8<-- [end:train]


# --8<-- [start:main]
def main():
    """Join the other processes, and train together with them."""
    parser = argparse.ArgumentParser()
    add = parser.add_argument
    add("text", type=Path, help="the file to train on, on each machine")
    add("--units", type=int, default=128, help="hidden size (128)")
    add("--length", type=int, default=32, help="steps in a chunk (32)")
    add("--batch", type=int, default=32, help="streams of all together (32)")
    add("--parts", type=int, default=1, help="read one after another (1)")
    add("--dropout", type=float, default=0.0, help="before the readout (0)")
    add("--rate", type=float, default=0.02, help="learning rate (0.02)")
    add("--seed", type=int, default=1, help="of the first weights (1)")
    add("--steps", type=int, default=1500, help="stop after this step")
    add("--every", type=int, default=250, help="steps between saves (250)")
    add("--checkpoint", type=Path, default=Path("char_lstm.pt"))
    options = parser.parse_args()
    dist.init_process_group("gloo")
    train(options)
    dist.barrier()  # so that nobody leaves whom another still waits for
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
# --8<-- [end:main]
