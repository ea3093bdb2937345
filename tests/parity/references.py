"""Every cell as another library computes it: its outputs, and each gradient by its autograd.

Weights are in the layout of the library. All else, gradients for weights too, is in the layout
of this book: sequences (T, n, m), states (n_a, m), weights by the names of their fields.
"""

import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # it compiles once for each shape
os.environ["HF_HUB_OFFLINE"] = "1"  # transformers fetches nothing

import warnings
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import NamedTuple
from unittest.mock import patch

import flax
import jax
import keras
import numpy as np
import onnx
import onnx.reference
import torch
import transformers
from transformers.models.qwen3_next import modeling_qwen3_next as qwen3_next

from snippets.onnx_flax import from_flax, to_flax, to_onnx
from snippets.variants import from_keras, from_torch, to_keras, to_torch
from tests.parity import restated
from tests.parity.cases import FEW, read_flax, read_keras_attention, read_onnx, unflatten

warnings.filterwarnings("ignore", "You are using a softmax over axis")  # of a single step
transformers.logging.set_verbosity_error()  # it would like faster packages
keras.config.set_floatx("float64")
torch.set_num_threads(1)  # more only wait for one another on arrays as small as these


class Library(NamedTuple):
    """A library, its layout of weights, and how to run its layers."""

    version: str
    cells: dict
    lay_out: Callable  # (cell, params) -> weights by the names of the library
    read: Callable  # (cell, weights) -> params by our names
    run: Callable  # (cell, weights, x, state_0, da, d_state_T) -> results; a part has others
    count: int = 50  # shapes it is compared on
    switches: tuple = ()  # options of a cell that are True


def run_torch(cell, weights, x, state_0, da, d_state_T):
    """Run a module of PyTorch."""
    module = PYTORCH.cells[cell](x.shape[1], len(state_0[0]), dtype=torch.float64)
    module.load_state_dict({name: torch.tensor(w) for name, w in weights.items()}, strict=True)
    inputs = torch.tensor(x.swapaxes(1, 2), requires_grad=True)
    start = [torch.tensor(s.T[None], requires_grad=True) for s in state_0]
    out, last = module(inputs, tuple(start) if len(start) > 1 else start[0])
    last = last if len(start) > 1 else (last,)
    loss = (out * torch.tensor(da.swapaxes(1, 2))).sum()
    loss += sum((s * torch.tensor(d.T)).sum() for s, d in zip(last, d_state_T, strict=True))
    loss.backward()
    gradients = {name: w.grad.numpy() for name, w in module.named_parameters()}
    return {
        "a": out.detach().numpy().swapaxes(1, 2),
        "state_T": [s.detach().numpy()[0].T for s in last],
        "d_params": count_biases_once(cell, from_torch(cell, gradients)),
        "dx": inputs.grad.numpy().swapaxes(1, 2),
        "d_state_0": [s.grad.numpy()[0].T for s in start],
    }


def run_keras(cell, weights, x, state_0, da, d_state_T):
    """Run a layer of Keras on JAX."""
    kind, options = KERAS.cells[cell]
    # Keras's own tanh returns float32 on JAX whatever it gets, so JAX's takes its place
    options = options | {"activation": jax.numpy.tanh}
    layer = kind(len(state_0[0]), return_sequences=True, return_state=True, **options)
    inputs, start = x.transpose(2, 0, 1), [s.T for s in state_0]
    layer.build(inputs.shape)
    layer.set_weights([*weights.values()])
    fixed = [v.value for v in layer.non_trainable_variables]

    def forward(free, inputs, start):
        (out, *last), _ = layer.stateless_call(free, fixed, inputs, initial_state=start)
        return out, last

    @jax.jit
    def forward_and_backward(free, inputs, start, d_results):
        results, pull = jax.vjp(forward, free, inputs, start)
        return results, pull(d_results)

    free = [v.value for v in layer.trainable_variables]
    d_results = da.transpose(2, 0, 1), [d.T for d in d_state_T]
    results, gradients = forward_and_backward(free, inputs, start, d_results)
    (out, last), (d_free, dx, d_start) = jax.tree.map(np.asarray, (results, gradients))
    d_params = from_keras(cell, d_free)
    two_biases = cell == "gru_reset_after"
    return {
        "a": out.transpose(1, 2, 0),
        "state_T": [s.T for s in last],
        "d_params": count_biases_once(cell, d_params) if two_biases else d_params,
        "dx": dx.transpose(1, 2, 0),
        "d_state_0": [d.T for d in d_start],
    }


def count_biases_once(cell, gradients):
    """Halve what the converter added up: two biases that are added have the same gradient."""
    apart = ("b_c", "b_rc") if cell == "gru_reset_after" else ()
    return {
        name: d / 2 if name.startswith("b") and name not in apart else d
        for name, d in gradients.items()
    }


def flatten(tree):
    """Name each array of a tree of Flax by its path."""
    return {f"{dense}/{end}": w for dense, ends in tree.items() for end, w in ends.items()}


def run_flax(cell, weights, x, state_0, da, d_state_T):
    """Run a cell of flax.linen."""
    module = FLAX.cells[cell](len(state_0[0]), param_dtype=jax.numpy.float64)
    is_lstm = len(state_0) > 1  # its carry is (c, h)

    def step(tree, carry, x_t):
        return module.apply({"params": tree}, carry, x_t)

    def forward(tree, inputs, start):
        carry = tuple(start[::-1]) if is_lstm else start[0]
        carry, out = jax.lax.scan(partial(step, tree), carry, inputs)
        return out, [*carry[::-1]] if is_lstm else [carry]

    @jax.jit
    def forward_and_backward(given, d_results):
        results, pull = jax.vjp(forward, *given)
        return results, pull(d_results)

    given = unflatten(weights), x.swapaxes(1, 2), [s.T for s in state_0]
    d_results = da.swapaxes(1, 2), [d.T for d in d_state_T]
    results, gradients = forward_and_backward(given, d_results)
    (out, last), (d_tree, dx, d_start) = jax.tree.map(np.asarray, (results, gradients))
    return {
        "a": out.swapaxes(1, 2),
        "state_T": [s.T for s in last],
        "d_params": from_flax(cell, d_tree),
        "dx": dx.swapaxes(1, 2),
        "d_state_0": [d.T for d in d_start],
    }


def lay_out_onnx(cell, params):
    """Lay weights out as ONNX does; peepholes are an input P, for the gates i, o, f."""
    if cell != "peephole":
        return to_onnx(cell, params)
    weights = to_onnx("lstm", {name: w for name, w in params.items() if name[0] != "p"})
    return weights | {"P": np.concatenate([params[f"p_{gate}"] for gate in "uof"]).T}


def run_onnx(cell, weights, x, state_0, da, d_state_T):
    """Run a node in ONNX's reference implementation, which has no gradients."""
    operator, options = ONNX.cells[cell]
    states = ["initial_h", "initial_c"][: len(state_0)]
    arrays = ["X", "W", "R", "B", "", *states, *(["P"] if "P" in weights else [])]
    results = ["Y", "Y_h", "Y_c"][: 1 + len(state_0)]
    make, double = onnx.helper.make_tensor_value_info, onnx.TensorProto.DOUBLE
    node = onnx.helper.make_node(operator, arrays, results, hidden_size=len(state_0[0]), **options)
    inputs = [make(name, double, None) for name in arrays if name]
    outputs = [make(name, double, None) for name in results]
    graph = onnx.helper.make_graph([node], cell, inputs, outputs)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 22)])
    start = {name: s.T[None] for name, s in zip(states, state_0, strict=True)}
    given = {"X": x.swapaxes(1, 2), **weights, **start}
    out, *last = onnx.reference.ReferenceEvaluator(model).run(None, given)
    return {"a": out[:, 0].swapaxes(1, 2), "state_T": [s[0].T for s in last]}


def run_keras_attention(kind, weights, q, a, lengths, d_context):
    """Run a query through attention of Keras on JAX; before the additive stand two Dense layers."""
    query, value = q.T[:, None], a.transpose(2, 0, 1)
    is_read = np.arange(len(a)) < lengths[:, None]
    layer, denses = KERAS_ATTENTION.cells[kind](), []
    for given, kernel in zip((query, value), weights.values(), strict=False):
        denses.append(keras.layers.Dense(kernel.shape[1], use_bias=False))
        denses[-1].build(given.shape)
    sizes = [dense.units for dense in denses] or [len(q), len(q)]
    layer.build([(len(query), 1, sizes[0]), value.shape, (*value.shape[:2], sizes[1])])
    fixed = [v.value for v in layer.non_trainable_variables]

    def forward(free, query, value):
        kernels, scale = free[: len(denses)], free[len(denses) :]
        key = value
        if denses:
            (query, _), (key, _) = (
                dense.stateless_call([kernel], [], given)
                for dense, kernel, given in zip(denses, kernels, (query, value), strict=True)
            )
        options = {"mask": [None, is_read], "return_attention_scores": True}
        return layer.stateless_call(scale, fixed, [query, value, key], **options)[0]

    @jax.jit
    def forward_and_backward(free, query, value, d_context):
        (context, alpha), pull = jax.vjp(forward, free, query, value)
        return context, alpha, *pull((d_context, jax.numpy.zeros_like(alpha)))

    # As in run_keras, JAX's tanh takes the place of Keras's own
    with patch.object(keras.src.ops, "tanh", jax.numpy.tanh):
        results = forward_and_backward([*weights.values()], query, value, d_context.T[:, None])
    context, alpha, d_free, dq, da = jax.tree.map(np.asarray, results)
    gradients = {"dq": dq[:, 0].T, "da": da.transpose(1, 2, 0)}
    if weights:
        named = dict(zip(weights, d_free, strict=True))
        gradients["d_params"] = read_keras_attention(kind, named)
    return {"context": context[:, 0].T, "alpha": alpha[:, 0].T, **gradients}


def lay_out_keras_attention(kind, params):
    """Lay weights out as two Dense layers and AdditiveAttention of Keras do."""
    names = {"query_kernel": "W_q", "key_kernel": "W_k", "scale": "w_s"}
    return {theirs: params[ours].T for theirs, ours in names.items() if params}


def run_torch_attention(kind, weights, q, a, lengths, d_context):
    """Run one query through attention of PyTorch, which returns no weights of steps."""
    query, states = restated.leaf(q), restated.leaf(a)
    value = states.permute(2, 0, 1)
    is_read = torch.arange(len(a)) < torch.tensor(lengths)[:, None]
    context = torch.nn.functional.scaled_dot_product_attention(
        query.T[:, None], value, value, attn_mask=is_read[:, None], scale=1.0
    )[:, 0].T
    dq, da = restated.pull([context], [d_context], [query, states])
    return {"context": context.detach().numpy(), "dq": dq, "da": da}


def run_delta(function, weights, x, start, negative=False):
    """Run a function of transformers, which Qwen3-Next calls, in double precision.

    It turns what it gets to float32, so this is float64 for as long as it runs. It divides queries
    by the root of their length, and ours does not.
    """
    key, query, value = ((weights[f"W_{name}"] @ x).permute(2, 0, 1)[:, :, None] for name in "kqc")
    z_u, z_f = ((weights[f"W_{gate}"] @ x + weights[f"b_{gate}"]).permute(2, 0, 1) for gate in "uf")
    beta, decay = (2 if negative else 1) * torch.sigmoid(z_u), torch.nn.functional.logsigmoid(z_f)
    double = SimpleNamespace(**vars(torch) | {"float32": torch.float64})
    with patch.object(qwen3_next, "torch", double):
        out, memory = function(
            query,
            key,
            value,
            decay,
            beta,
            initial_state=start[1].permute(2, 1, 0)[:, None],
            output_final_state=True,
            use_qk_l2norm_in_kernel=True,
        )
    a = out[:, :, 0].permute(1, 2, 0) * query.shape[-1] ** 0.5
    return a, (a[-1], memory[:, 0].permute(2, 1, 0))


def run_recurrent(cell, weights, **given):
    """Run the delta rule step by step."""
    forward = partial(run_delta, qwen3_next.torch_recurrent_gated_delta_rule)
    return restated.run_cell(forward, weights, **given)


def run_in_chunks(cell, weights, **given):
    """Run the delta rule in chunks of four, whatever the size of ours, which have no gradients."""
    chunks = partial(qwen3_next.torch_chunk_gated_delta_rule, chunk_size=4)
    forward = partial(run_delta, chunks)
    if cell == "delta":
        return restated.run_cell(forward, weights, **given)
    tensors = {name: torch.tensor(w) for name, w in weights.items()}
    x, start = torch.tensor(given["x"]), [torch.tensor(s) for s in given["state_0"]]
    a, last = forward(tensors, x, start, negative=given.get("negative", False))
    return {"a": a.numpy(), "state_T": [s.numpy() for s in last]}


PYTORCH = Library(
    f"PyTorch {torch.__version__}",
    {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru_reset_after": torch.nn.GRU},
    to_torch,
    from_torch,
    run_torch,
)
KERAS = Library(
    f"Keras {keras.__version__}, JAX {jax.__version__}",
    {
        "rnn": (keras.layers.SimpleRNN, {}),
        "lstm": (keras.layers.LSTM, {}),
        "gru": (keras.layers.GRU, {"reset_after": False}),
        "gru_reset_after": (keras.layers.GRU, {"reset_after": True}),
    },
    lambda cell, params: dict(
        zip(("kernel", "recurrent_kernel", "bias"), to_keras(cell, params), strict=True)
    ),
    lambda cell, weights: from_keras(cell, [*weights.values()]),
    run_keras,
)
FLAX = Library(
    f"Flax {flax.__version__}, JAX {jax.__version__}",
    {
        "rnn": flax.linen.SimpleCell,
        "lstm": flax.linen.OptimizedLSTMCell,
        "gru_reset_after": flax.linen.GRUCell,
    },
    lambda cell, params: flatten(to_flax(cell, params)),
    read_flax,
    run_flax,
)
ONNX = Library(
    f"ONNX {onnx.__version__}",
    {
        "rnn": ("RNN", {}),
        "lstm": ("LSTM", {}),
        "gru": ("GRU", {"linear_before_reset": 0}),
        "gru_reset_after": ("GRU", {"linear_before_reset": 1}),
        "peephole": ("LSTM", {}),
    },
    lay_out_onnx,
    read_onnx,
    run_onnx,
)
KERAS_ATTENTION = Library(
    KERAS.version,
    {
        "additive_attention": keras.layers.AdditiveAttention,
        "dot_attention": keras.layers.Attention,
    },
    lay_out_keras_attention,
    read_keras_attention,
    run_keras_attention,
    FEW,
)
PYTORCH_ATTENTION = Library(
    PYTORCH.version,
    {"dot_attention": torch.nn.functional.scaled_dot_product_attention},
    lambda kind, params: dict(params),
    lambda kind, weights: dict(weights),
    run_torch_attention,
)
TRANSFORMERS = Library(
    f"transformers {transformers.__version__}",
    {"delta": qwen3_next.torch_recurrent_gated_delta_rule},
    lambda cell, params: dict(params),
    lambda cell, weights: dict(weights),
    run_recurrent,
)
IN_CHUNKS = TRANSFORMERS._replace(
    version=f"{TRANSFORMERS.version}, chunks",
    cells=dict.fromkeys(("delta", "delta_chunks"), qwen3_next.torch_chunk_gated_delta_rule),
    run=run_in_chunks,
)
RESTATED = Library(
    f"restated in {PYTORCH.version}",
    restated.CELLS | restated.SCANS,
    lambda cell, params: dict(params),
    lambda cell, weights: dict(weights),
    restated.run,
)


def negative(library, *cells):
    """Let the cells of a library turn signs."""
    return library._replace(
        version=f"{library.version}, negative",
        cells={cell: library.cells[cell] for cell in cells},
        switches=("negative",),
    )


LIBRARIES = {
    "pytorch": PYTORCH,
    "keras": KERAS,
    "flax": FLAX,
    "onnx": ONNX,
    "keras_attention": KERAS_ATTENTION,
    "pytorch_attention": PYTORCH_ATTENTION,
    "transformers": TRANSFORMERS,
    "transformers_negative": negative(TRANSFORMERS, "delta"),
    "transformers_chunks": IN_CHUNKS,
    "transformers_chunks_negative": negative(IN_CHUNKS, "delta_chunks"),
    "restated": RESTATED,
    "restated_negative": negative(RESTATED, "ssm"),
}
