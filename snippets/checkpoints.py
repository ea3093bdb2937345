# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Checkpoints: stop a run, and resume it with the very same bits.

NumPy only. Explained in docs/checkpoints.md, proven in
tests/test_checkpoints.py.
"""

# --8<-- [start:imports]
import copy
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
MARK = b"checkpoint 1"  # hashed too, so versions differ in hash


class CheckpointError(ValueError):
    """A file is not the checkpoint that was expected."""


# --8<-- [end:types]


# --8<-- [start:check]
def check_plain(name: str, array: np.ndarray) -> None:
    """Raise a ValueError unless this is a plain NumPy array.

    Masked arrays and matrices are refused, because `*` and `sum` mean
    something else to them.
    """
    if type(array) not in (np.ndarray, np.memmap):
        raise ValueError(
            f"expected {name} to be a plain NumPy array, "
            f"got {type(array).__name__}"
        )


def check_arrays(arrays: Mapping[str, np.ndarray]) -> None:
    """Refuse arrays that cannot be stored without pickle."""
    if not isinstance(arrays, Mapping):
        raise ValueError(
            f"expected arrays to be a dict, got {type(arrays).__name__}"
        )
    for name, array in arrays.items():
        if not isinstance(name, str):
            raise ValueError(f"expected names that are str, got {name!r}")
        check_plain(f"arrays[{name!r}]", array)
        if array.dtype.hasobject:
            raise ValueError(
                f"expected arrays[{name!r}] to hold numbers or text, "
                f"got objects of {array.dtype}"
            )


def check_finite(arrays: Mapping[str, np.ndarray]) -> None:
    """Refuse arrays with NaN or infinity, by name."""
    check_arrays(arrays)
    for name, array in arrays.items():
        if array.dtype.kind in "fc" and not np.isfinite(array).all():
            raise ValueError(
                f"expected finite arrays[{name!r}], got NaN or infinity: "
                "the checkpoint before is kept"
            )


def check_about(value: Any, where: str = "about") -> None:
    """Refuse values that JSON would change, and say where they are."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(
                    f"expected keys of {where} to be str, got {key!r}"
                )
            check_about(item, f"{where}[{key!r}]")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            check_about(item, f"{where}[{i}]")
    else:
        try:
            same = json.loads(json.dumps(value, allow_nan=False)) == value
        except (TypeError, ValueError):
            same = False
        if not same:
            raise ValueError(
                f"expected {where} to be what JSON can hold, a dict, list, "
                f"str, finite number, bool or None, "
                f"got {type(value).__name__}"
            )


# --8<-- [end:check]


# --8<-- [start:hash]
def hash_data(file: BinaryIO, size: int) -> bytes:
    """Hash the mark and the first bytes of a file, a megabyte at a time.

    Afterwards the file is at the place where the hash belongs.
    """
    file.seek(0)
    digest = hashlib.sha256(MARK)
    while part := file.read(min(size - file.tell(), 1 << 20)):
        digest.update(part)
    return digest.digest()


# --8<-- [end:hash]


# --8<-- [start:save]
def save_checkpoint(
    path: str | os.PathLike, arrays: dict[str, np.ndarray], about: dict
) -> None:
    """Write a checkpoint, or leave the previous one as it was.

    On POSIX systems, such as Linux and macOS, there is a whole file at
    `path` at every moment, the old one or the new one, also if the
    process is killed or the machine stops. Windows does not promise this;
    there, `load_checkpoint` refuses a file that is not whole.

    Parameters
    ----------
    path : str or path
        Such as "run.npz". An existing file is replaced. A second file,
        with ".part" added to the name, is used and then removed, so only
        one process at a time may save there.
    arrays : dict of ndarray
        Any names, shapes and types except objects. All bits, the order
        and Fortran-contiguity are kept. Arrays are written in parts, so
        saving takes little memory of its own.
    about : dict
        What JSON can hold: str, numbers, bool, None, lists, and dicts
        with str as keys. Integers may be large: the state of a
        Generator fits.

    Raises
    ------
    ValueError
        If an array or a part of `about` would come back changed; the
        message says which.
    OSError
        If the file cannot be written.

    Source: docs/checkpoints.md.
    """
    if not isinstance(about, dict):
        raise ValueError(
            f"expected about to be a dict, got {type(about).__name__}"
        )
    check_arrays(arrays)
    check_about(about)
    path = Path(path).resolve()  # where a link leads
    header = {"names": list(arrays), "about": about}
    # --8<-- [start:save-body]
    part = path.with_name(path.name + ".part")
    try:
        with open(part, "w+b") as file:
            # --8<-- [start:pack-body]
            np.savez(file, json.dumps(header).encode(), *arrays.values())
            size = file.seek(0, os.SEEK_END)
            file.write(hash_data(file, size))
            # --8<-- [end:pack-body]
            file.flush()
            os.fsync(file.fileno())  # the data first, then the name
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    # --8<-- [end:save-body]
    if hasattr(os, "O_DIRECTORY"):  # other systems cannot open a folder
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # so that the new name survives a power cut
        finally:
            os.close(folder)


# --8<-- [end:save]


# --8<-- [start:load]
def load_checkpoint(
    path: str | os.PathLike,
) -> tuple[dict[str, np.ndarray], dict]:
    """Read a checkpoint, or refuse a file that is not a whole one.

    Parameters
    ----------
    path : str or path
        What `save_checkpoint` wrote.

    Returns
    -------
    arrays : dict of ndarray
    about : dict

    Raises
    ------
    FileNotFoundError
        If there is no file.
    CheckpointError
        If it is no checkpoint, one of another version, or not byte for
        byte as it was written. Nothing of it is returned.

    Source: docs/checkpoints.md.
    """
    with open(path, "rb") as file:
        # --8<-- [start:load-body]
        size = max(file.seek(0, os.SEEK_END) - 32, 0)
        if hash_data(file, size) != file.read():
            raise CheckpointError(
                f"no whole checkpoint of this version: {path}"
            )
        # --8<-- [end:load-body]
        file.seek(0)
        with np.load(file, allow_pickle=False) as members:
            header, *arrays = members.values()
        header = json.loads(header.item())
    return dict(zip(header["names"], arrays)), header["about"]


# --8<-- [end:load]


# --8<-- [start:saving]
def saving(
    path: str | os.PathLike,
    take: Callable[[Any], tuple[dict[str, np.ndarray], dict]],
    *,
    every: int,
) -> Callable[[Any], None]:
    """Make a `report` for the training loop that saves good weights.

    The loop reports parameters whose loss is not known yet. So they are
    held back and written at the next report, which comes only if their
    loss was finite. A run that diverges leaves the file as it was.

    Parameters
    ----------
    path : str or path
        As `save_checkpoint`.
    take : function
        From a Progress of docs/training.md to the arrays and the dict
        that `save_checkpoint` takes, as they are now. A copy is kept.
    every : int
        Save the parameters after every so many training steps, at least
        1. Steps are counted through all calls of `train` that report
        here.

    Returns
    -------
    report : function
        It raises a ValueError if the loss was finite but an array to be
        saved is not. The file then stays as it was.

    Raises
    ------
    ValueError
        If every is not a whole number of at least 1.

    Source: docs/checkpoints.md.
    """
    if not every >= 1 or every % 1:
        raise ValueError(
            f"expected every to be a whole number of at least 1, got {every}"
        )
    held, reports = None, 0

    # --8<-- [start:saving-body]
    def report(progress: Any) -> None:
        nonlocal held, reports
        if held:
            check_finite(held[0])
            save_checkpoint(path, *held)
        reports += 1
        due = reports % every == 0
        held = copy.deepcopy(take(progress)) if due else None

    # --8<-- [end:saving-body]
    return report


# --8<-- [end:saving]
