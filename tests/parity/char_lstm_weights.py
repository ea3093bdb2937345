# SPDX-License-Identifier: MIT-0
"""Carry the weights of char_lstm.py to the network of char_lstm_torch.py."""

# --8<-- [start:imports]
import numpy as np
import torch

from snippets.variants import to_torch
from snippets.whole_models import to_linear

# --8<-- [end:imports]


# --8<-- [start:convert]
def to_state_dict(params):
    """Return the weights of char_lstm.py under the names of CharLSTM."""
    W, U, W_ya, b_y = params
    blocks = zip("fuco", np.split(np.hstack([U, W]), 4), strict=True)
    cell = {f"W_{gate}": rows for gate, rows in blocks}
    zeros = np.zeros((U.shape[1], 1), U.dtype)
    cell |= {f"b_{gate}": zeros for gate in "fuco"}
    arrays = to_torch("lstm", cell, prefix="cell.")
    arrays |= to_linear({"W_ya": W_ya, "b_y": b_y}, prefix="readout.")
    return {
        name: torch.from_numpy(array)
        for name, array in arrays.items()
        if not name.startswith("cell.bias")  # zeros: its biases are in W
    }


# --8<-- [end:convert]
