"""What no library has, restated for PyTorch's autograd, in another form than the snippet's.

A cell gets weights, a sequence and a state as leaves, in the layout of this book. It returns all
hidden states and the last state.
"""

import torch
from torch.nn.functional import logsigmoid, softplus


def peephole(weights, x, start):
    """Restate the peephole LSTM.

    Examples are in rows, all gates have one matrix, and peepholes are diagonal matrices.
    """
    W = torch.cat([weights[f"W_{gate}"] for gate in "fuco"]).T
    b = torch.cat([weights[f"b_{gate}"] for gate in "fuco"]).T
    P_f, P_u, P_o = (torch.diag(weights[f"p_{gate}"][:, 0]) for gate in "fuo")
    (h, c), out = (s.T for s in start), []
    for x_t in x:
        z_f, z_u, z_c, z_o = (torch.cat([h, x_t.T], dim=1) @ W + b).chunk(4, dim=1)
        c = torch.sigmoid(z_f + c @ P_f) * c + torch.sigmoid(z_u + c @ P_u) * torch.tanh(z_c)
        h = torch.sigmoid(z_o + c @ P_o) * torch.tanh(c)
        out.append(h.T)
    return torch.stack(out), (h.T, c.T)


def mingru(weights, x, start):
    """Restate the minGRU without steps: every state is a sum over all candidates before it.

    What is left of a candidate is the exponential of a difference of running sums: `log_coeffs`
    and `log_z` in the listings of Feng et al. (2024). They take the logarithm of the candidates,
    too. Ours may be negative, and a negative number has no logarithm.
    """
    k = weights["W_u"] @ x + weights["b_u"]
    log_z, log_coeffs = -softplus(-k), -softplus(k)
    total = log_coeffs.cumsum(dim=0)
    left = total[:, None] - total + log_z  # at each step, of the candidate of each step
    later = torch.ones(len(x), len(x), dtype=torch.bool).triu(1)
    left = left.masked_fill(later[:, :, None, None], -torch.inf).exp()
    candidates = weights["W_c"] @ x + weights["b_c"]
    a = torch.einsum("tsnm,snm->tnm", left, candidates) + total.exp() * start[0]
    return a, (a[-1],)


def slstm(weights, x, start):
    """Restate the sLSTM with c, n and the stabiliser m, as its authors do.

    Source: `slstm_forward_pointwise`, the vanilla sLSTM of the package xlstm, from NX-AI. Our c is
    its c / n, our log n its log n + m. Gates are in its order, examples in rows.
    """
    W = torch.cat([weights[f"W_{gate}"] for gate in "ufco"]).T
    b = torch.cat([weights[f"b_{gate}"] for gate in "ufco"]).T
    (y, c, m), out = (s.T for s in start), []
    n = torch.where(m == -torch.inf, 0.0, torch.ones_like(c))  # 0: an empty memory
    for x_t in x:
        raw = torch.cat([y, x_t.T], dim=1) @ W + b
        iraw, fraw, zraw, oraw = raw.chunk(4, dim=1)
        log_kept = logsigmoid(fraw) + m
        m = torch.where(n == 0, iraw, torch.maximum(iraw, log_kept))
        igate, fgate = torch.exp(iraw - m), torch.exp(log_kept - m)
        c = fgate * c + igate * torch.tanh(zraw)
        n = fgate * n + igate
        y = torch.sigmoid(oraw) * c / n
        out.append(y.T)
    return torch.stack(out), (y.T, (c / n).T, (n.log() + m).T)


def ssm(weights, x, start, negative=False):
    """Restate the selective state space.

    Source: `selective_scan_ref` of the package mamba_ssm, where examples come first and steps last,
    and all factors and summands are computed at once. There it starts from zeros, in float32. For
    factors between -1 and 1, Grazzi et al. (2025) changed one line: `deltaA * 2 - 1`.
    """
    x = x.permute(2, 1, 0)
    u = weights["W_c"] @ x + weights["b_c"]
    delta = softplus(weights["W_delta"] @ x + weights["b_delta"])
    A, B, C = -torch.exp(weights["A_log"]), weights["W_write"] @ x, weights["W_read"] @ x
    deltaA = torch.exp(torch.einsum("bdl,dn->bdln", delta, A))
    deltaA = deltaA * 2 - 1 if negative else deltaA
    deltaB_u = torch.einsum("bdl,bnl,bdl->bdln", delta, B, u)
    h, ys = start[1].permute(2, 0, 1), []
    for i in range(u.shape[2]):
        h = deltaA[:, :, i] * h + deltaB_u[:, :, i]
        ys.append(torch.einsum("bdn,bn->bd", h, C[:, :, i]))
    y = torch.stack(ys, dim=2) + u * weights["D"]
    return y.permute(2, 1, 0), (y[:, :, -1].T, h.permute(1, 2, 0))


def scan(f, s, a_0):
    """Restate every scan as the loop it stands for."""
    a, out = a_0, []
    for f_t, s_t in zip(f, s, strict=True):
        a = f_t * a + s_t
        out.append(a)
    return torch.stack(out)


CELLS = {"peephole": peephole, "mingru": mingru, "slstm": slstm, "ssm": ssm}
SCANS = {"scan_loop": scan, "scan_doubling": scan, "scan_tree": scan}


def pull(outputs, d_outputs, leaves):
    """Send gradients of the outputs back to the leaves; what does not count gets zeros."""
    loss = sum((out * torch.tensor(d)).sum() for out, d in zip(outputs, d_outputs, strict=True))
    gradients = torch.autograd.grad(loss, leaves, allow_unused=True, materialize_grads=True)
    return [gradient.numpy() for gradient in gradients]


def leaf(array):
    """Make a tensor that gets a gradient."""
    return torch.tensor(array, requires_grad=True)


def run_cell(forward, weights, x, state_0, da, d_state_T, **options):
    """Run the forward pass of a cell, and autograd back through it."""
    named = {name: leaf(w) for name, w in weights.items()}
    inputs, start = leaf(x), [leaf(s) for s in state_0]
    a, last = forward(named, inputs, start, **options)
    gradients = pull([a, *last], [da, *d_state_T], [*named.values(), inputs, *start])
    return {
        "a": a.detach().numpy(),
        "state_T": [s.detach().numpy() for s in last],
        "d_params": dict(zip(named, gradients, strict=False)),
        "dx": gradients[len(named)],
        "d_state_0": gradients[len(named) + 1 :],
    }


def run_scan(weights, f, s, a_0, da):
    """Run a loop, and autograd back through it."""
    leaves = leaf(f), leaf(s), leaf(a_0)
    a = scan(*leaves)
    df, ds, da_0 = pull([a], [da], leaves)
    return {"a": a.detach().numpy(), "df": df, "ds": ds, "da_0": da_0}


def run(cell, weights, **given):
    """Run what is restated here."""
    if cell in SCANS:
        return run_scan(weights, **given)
    return run_cell(CELLS[cell], weights, **given)
