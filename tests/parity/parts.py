"""What is no cell, but is compared like one: attention, scans, and the delta rule in chunks."""

from collections.abc import Callable
from typing import NamedTuple

from snippets import attention, delta, delta_chunks, scan


class Part(NamedTuple):
    """How to draw weights by our names and what is given, and how the snippet runs on them."""

    draw: Callable  # (rng, T, n_x, m, n_a) -> weights, given
    run: Callable  # (params, **given) -> results


def draw_additive(rng, T, n_x, m, n_a):
    """Draw weights, queries with n_x numbers, hidden states, and how many of them are read."""
    weights = attention.init_attention(rng, n_x, n_a, n_z=int(rng.integers(1, 9)))._asdict()
    return weights, draw_looked_at(rng, T, n_x, m, n_a)


def draw_dot(rng, T, n_x, m, n_a):
    """Draw queries that are as long as the hidden states, and no weights."""
    return {}, draw_looked_at(rng, T, n_a, m, n_a)


def draw_looked_at(rng, T, n_q, m, n_a):
    """Draw what attention is given, and the gradient that comes back."""
    return {
        "q": rng.normal(size=(n_q, m)),
        "a": rng.normal(size=(T, n_a, m)),
        "lengths": rng.integers(1, T + 1, m),
        "d_context": rng.normal(size=(n_a, m)),
    }


def run_additive(params, q, a, lengths, d_context):
    """Run additive attention, forward and backward."""
    params = attention.AttentionParams(**params)
    context, alpha = attention.additive_attention(params, q, a, lengths)
    d_params, dq, da = attention.additive_attention_backward(params, q, a, alpha, d_context)
    d_params = d_params._asdict()
    return {"context": context, "alpha": alpha, "d_params": d_params, "dq": dq, "da": da}


def run_dot(params, q, a, lengths, d_context):
    """Run dot-product attention, forward and backward."""
    context, alpha = attention.dot_attention(q, a, lengths)
    dq, da = attention.dot_attention_backward(q, a, alpha, d_context)
    return {"context": context, "alpha": alpha, "dq": dq, "da": da}


def draw_scan(rng, T, n_x, m, n_a):
    """Draw factors and summands, a first state, and the gradient that comes back."""
    f, s, da = rng.normal(size=(3, T, n_a, m))
    return {}, {"f": f, "s": s, "a_0": rng.normal(size=(n_a, m)), "da": da}


def run_scan(kind):
    """Return what runs one of the scans both ways."""

    def run(params, f, s, a_0, da):
        a = kind(f, s, a_0)
        df, ds, da_0 = scan.scan_backward(f, a, da, a_0, scan=kind)
        return {"a": a, "df": df, "ds": ds, "da_0": da_0}

    return run


def draw_chunks(rng, T, n_x, m, n_a):
    """Draw a delta rule, a sequence, a state, and a size of chunks that makes two or more."""
    n_k, size = (int(n) for n in rng.integers((2, 1), (9, T // 2 + 2)))
    params = delta.init_delta(rng, n_x, n_a, n_k=n_k, forget_bias=1.0)
    state_0 = [rng.normal(size=(n_a, m)), rng.normal(size=(n_a, n_k, m))]
    return params._asdict(), {"x": rng.normal(size=(T, n_x, m)), "state_0": state_0, "size": size}


def run_chunks(params, x, state_0, size, negative=False):
    """Run the delta rule in chunks, which has no backward pass."""
    params, state_0 = delta_chunks.DeltaParams(**params), delta_chunks.DeltaState(*state_0)
    a, state_T = delta_chunks.delta_chunks(params, x, state_0, size=size, negative=negative)
    return {"a": a, "state_T": [*state_T]}


PARTS = {
    "additive_attention": Part(draw_additive, run_additive),
    "dot_attention": Part(draw_dot, run_dot),
    "delta_chunks": Part(draw_chunks, run_chunks),
    "scan_loop": Part(draw_scan, run_scan(scan.scan_loop)),
    "scan_doubling": Part(draw_scan, run_scan(scan.scan_doubling)),
    "scan_tree": Part(draw_scan, run_scan(scan.scan_tree)),
}
