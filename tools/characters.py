"""Trains the character model that writes on the page of char_lstm.py, and predicts for the figure.

    make data
    make characters

It trains snippets/char_lstm.py on seven plays by Shakespeare for some minutes; the command is
written beside the weights. Each weight is rounded to a multiple of the step of its row, so that the
model is small enough to be sent to a reader, and the loss is measured after that. The checkpoint
stays in .cache/characters: without it, the same command trains again.
"""

import base64
import hashlib
import html
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from snippets import char_lstm
from snippets.sampling import heat, keep_top_p, softmax
from tools.plays import PACKAGE, seven_plays

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "docs/assets/characters.js"  # a script: a page opened from a folder loads no JSON
PREDICTIONS = ROOT / "docs/assets/moving/sampling.json"
WRITTEN = ROOT / "docs/assets/moving/written.txt"
CACHE = ROOT / ".cache/characters"
OPTIONS = "--units 96 --length 48 --rate 0.02 --steps 12000 --every 500 --minutes 60"
NAME = "globalThis.characters = "  # what the script begins with
CONTEXTS = ["Enter MACBET", "What is the m", "She is the "]  # one certain, one between, one open
PROMPT, LENGTH, TEMPERATURE, TOP_P = "What say you, ", 300, 0.7, 0.95  # as in writer.html
MOST = 127  # of a rounded weight


class Model(NamedTuple):
    """A trained network, and the bytes that it knows."""

    params: list[np.ndarray]
    alphabet: list[int]


def train(folder: Path) -> dict[str, Any]:
    """Train on the plays, and return all that is written about the network."""
    folder.mkdir(parents=True, exist_ok=True)
    text, checkpoint = folder / "plays.txt", folder / "char_lstm.npz"
    text.write_bytes(seven_plays().encode())
    words = ["train", str(text), *OPTIONS.split(), "--checkpoint", str(checkpoint)]
    char_lstm.main(words)
    settings, _, best = char_lstm.load(checkpoint)
    *matrices, b_y = best.params
    return {
        "command": f"python char_lstm.py train plays.txt {OPTIONS}",
        "package": f"{PACKAGE.name} {PACKAGE.version}",
        "text": hashlib.sha256(text.read_bytes()).hexdigest(),
        "step": best.step,
        "alphabet": bytes(settings["alphabet"]).decode(),
        "units": settings["units"],
        **{name: packed(w) for name, w in zip(("W", "U", "W_ya"), matrices, strict=True)},
        "b_y": b_y[:, 0].astype(float).round(4).tolist(),
    }


def packed(w: np.ndarray) -> dict[str, Any]:
    """Round each row of a matrix to multiples of its largest element / 127."""
    scales = np.abs(w).max(axis=1) / MOST
    scales = np.array([float(f"{scale:.4g}") for scale in scales])
    rounded = np.clip(np.rint(w / scales[:, None]), -MOST, MOST).astype(np.int8)
    return {"scales": scales.tolist(), "bytes": base64.b64encode(rounded.tobytes()).decode()}


def unpacked(written: dict[str, Any]) -> np.ndarray:
    """Return a matrix as the reader's browser has it."""
    scales = np.array(written["scales"])
    rounded = np.frombuffer(base64.b64decode(written["bytes"]), np.int8)
    return rounded.reshape(len(scales), -1) * scales[:, None]


def written() -> dict[str, Any]:
    """Return all that is written about the network."""
    return json.loads(MODEL.read_text(encoding="utf-8").removeprefix(NAME))


def unpack(written: dict[str, Any]) -> Model:
    """Return the network with its rounded weights, in double precision."""
    params = [unpacked(written[name]) for name in ("W", "U", "W_ya")]
    return Model([*params, np.array(written["b_y"])[:, None]], list(written["alphabet"].encode()))


def predict(model: Model, text: str) -> np.ndarray:
    """Return the log-probabilities (n_y,) of what follows a text."""
    tokens = np.searchsorted(model.alphabet, list(text.encode()))[:, None]
    log_y_hat, *_ = char_lstm.read("lstm", model.params, tokens, None)
    return log_y_hat[-1, :, 0]


def validate(model: Model) -> float:
    """Return the loss in nats per character on the last twentieth of the plays, as in training."""
    text = np.frombuffer(seven_plays().encode(), np.uint8)
    last = text[-(len(text) // 20) :]
    unseen = char_lstm.pieces(np.searchsorted(model.alphabet, last), 500, (len(last) - 1) // 500)[0]
    log_y_hat, *_ = char_lstm.read("lstm", model.params, unseen[:-1], None)
    return float(-np.take_along_axis(log_y_hat, unseen[1:, None], axis=1).mean())


def predictions(model: Model) -> dict[str, Any]:
    """Return what the network predicts after each context, as logits."""
    return {
        "alphabet": bytes(model.alphabet).decode(),
        "contexts": [
            {"text": text, "z": predict(model, text).round(3).tolist()} for text in CONTEXTS
        ],
    }


def write(model: Model, prompt: str, randoms: np.ndarray, temperature: float, top_p: float) -> str:
    """Write on after a prompt, a character for each random number from 0 to 1."""
    tokens = np.searchsorted(model.alphabet, list(prompt.encode()))
    state, chosen = None, []
    for random in randoms:
        z, state, *_ = char_lstm.read("lstm", model.params, tokens[:, None], state)
        likely = softmax(keep_top_p(heat(z[-1], temperature), top_p))[:, 0]
        tokens = np.searchsorted(likely.cumsum(), [random], side="right")
        chosen.append(model.alphabet[tokens[0]])
    return bytes(chosen).decode()


def sample(model: Model) -> str:
    """Return what stands on the page before a reader lets the model write."""
    randoms = np.random.default_rng(0).random(LENGTH)
    written = write(model, PROMPT, randoms, TEMPERATURE, TOP_P)
    return f"<b>{html.escape(PROMPT)}</b>{html.escape(written)}"


def main() -> None:
    """Write the model, its predictions, and a text by it."""
    about = train(CACHE)
    about["measured"] = {"validation": round(validate(unpack(about)), 4)}
    MODEL.write_text(NAME + json.dumps(about, separators=(",", ":")) + "\n", encoding="utf-8")
    predicted = json.dumps(predictions(unpack(about)), separators=(",", ":"))
    PREDICTIONS.write_text(predicted + "\n", encoding="utf-8")
    WRITTEN.write_text(sample(unpack(about)).rstrip() + "\n", encoding="utf-8")
    print(f"validation {about['measured']['validation']:.3f} after step {about['step']}")


if __name__ == "__main__":
    main()
