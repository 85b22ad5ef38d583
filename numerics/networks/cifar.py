"""CIFAR-10 and CIFAR-100 from a local folder: the Python version or the binary version.

Nothing is downloaded. The Python version is made of pickles, which can run any code when they are read; here they are
read by an unpickler that knows NumPy's plain arrays and nothing else.

References:
    Krizhevsky, "Learning multiple layers of features from tiny images" (2009), https://www.cs.toronto.edu/~kriz/cifar.html
"""

from __future__ import annotations

import codecs
import hashlib
import io
import math
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from numerics.errors import ArgumentError
from theory.values import shown

Split = Literal["train", "test"]

PIXELS = 3 * 32 * 32
LARGEST_FILE = 400_000_000
"""Bytes; the largest file of either data set has 155 million."""


class CifarError(ArgumentError):
    """A file of the data set is missing, damaged or of another kind."""


@dataclass(frozen=True)
class Images:
    """Images with labels.

    Attributes:
        pixels: Shape ``(n, 3, 32, 32)``, uint8, red green blue.
        labels: Shape ``(n,)``, int64.
        classes: Number of classes.
    """

    pixels: np.ndarray
    labels: np.ndarray
    classes: int


@dataclass(frozen=True)
class _Version:
    """How one of the four forms of a data set lies on disk.

    Attributes:
        folder: Where its archive unpacks to.
        files: Names of the files of each split, with their MD5 sums where these are published.
        label: Key of the labels in a pickle; None for the binary version.
        label_bytes: Bytes before the pixels of a binary record; the last one is the label.
    """

    folder: str
    files: Mapping[Split, Mapping[str, str | None]]
    label: bytes | None
    label_bytes: int = 0


CIFAR10 = (
    _Version(
        "cifar-10-batches-py",
        {
            "train": {
                "data_batch_1": "c99cafc152244af753f735de768cd75f",
                "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
                "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
                "data_batch_4": "634d18415352ddfa80567beed471001a",
                "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
            },
            "test": {"test_batch": "40351d587109b95175f43aff81a1287e"},
        },
        b"labels",
    ),
    _Version(
        "cifar-10-batches-bin",
        {"train": {f"data_batch_{i}.bin": None for i in range(1, 6)}, "test": {"test_batch.bin": None}},
        None,
        1,
    ),
)

CIFAR100 = (
    _Version(
        "cifar-100-python",
        {
            "train": {"train": "16019d7e3df5f24257cddd939b257f8d"},
            "test": {"test": "f0ef6b0ae62326f3e7ffdfab6717acfc"},
        },
        b"fine_labels",
    ),
    _Version("cifar-100-binary", {"train": {"train.bin": None}, "test": {"test.bin": None}}, None, 2),
)

EXPECTED: Mapping[Split, int] = {"train": 50_000, "test": 10_000}
"""Images in the complete data sets."""


def load_cifar10(folder: str | Path, split: Split = "train", *, complete: bool = True) -> Images:
    """CIFAR-10 from ``folder``, or from the folder inside it that the archive unpacks to.

    Args:
        folder: Where the files lie. The Python version is preferred if both versions are there.
        split: ``"train"`` or ``"test"``.
        complete: Whether the files must be the published ones: by their MD5 sums in the Python version, by the number
            of images in both. False accepts excerpts in the same format.

    Raises:
        CifarError: a file is missing, truncated, of another kind, or not the published one.
        ArgumentError: no such split.
    """
    return _load(CIFAR10, 10, folder, split, complete)


def load_cifar100(folder: str | Path, split: Split = "train", *, complete: bool = True) -> Images:
    """CIFAR-100 with its fine labels; arguments and errors as :func:`load_cifar10`."""
    return _load(CIFAR100, 100, folder, split, complete)


def _load(versions: tuple[_Version, ...], classes: int, folder: str | Path, split: Split, complete: bool) -> Images:
    if split not in EXPECTED:
        raise ArgumentError(f"split must be one of {tuple(EXPECTED)}, got {shown(split)}.")
    version, place = _found(versions, Path(folder), split)
    pieces = [_read(place / name, version, md5 if complete else None) for name, md5 in version.files[split].items()]
    pixels, labels = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    if complete and len(labels) != EXPECTED[split]:
        raise CifarError(
            f"the {split} split in {place} must hold {EXPECTED[split]} images, got {len(labels)}. "
            "Unpack the archive again, or pass complete=False for an excerpt."
        )
    if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
        raise CifarError(
            f"labels in {place} must be 0 to {classes - 1}, got {labels.min()} to {labels.max()}. "
            "Is this the other of CIFAR-10 and CIFAR-100?"
        )
    return Images(pixels.reshape(-1, 3, 32, 32), labels, classes)


def _found(versions: tuple[_Version, ...], folder: Path, split: Split) -> tuple[_Version, Path]:
    """The version whose files are all there, and where."""
    if not folder.is_dir():
        raise CifarError(f"folder must be a folder that holds the data set, and {folder} is none.")
    nearest: list[tuple[int, str]] = []
    for version in versions:
        for place in (folder / version.folder, folder):
            missing = [name for name in version.files[split] if not (place / name).is_file()]
            if not missing:
                return version, place
            present = len(version.files[split]) - len(missing)
            nearest.append((-present, f"{place}: missing {', '.join(missing)}"))
    listed = "; ".join(text for _, text in sorted(nearest, key=lambda item: item[0]))
    raise CifarError(f"no complete set of files of the {split} split was found ({listed}). Nothing is downloaded here.")


def _read(path: Path, version: _Version, md5: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Pixels, shape ``(n, 3072)``, and labels of one file."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise CifarError(f"{path} has {size} bytes, more than any file of the data set. It is something else.")
    content = path.read_bytes()
    if md5 is not None:
        found = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if found != md5:
            raise CifarError(
                f"{path} is not the published file: its MD5 sum is {found}, not {md5}. Download the archive again, "
                "or pass complete=False for an excerpt in the same format."
            )
    return _binary(path, content, version) if version.label is None else _pickled(path, content, version.label)


def _binary(path: Path, content: bytes, version: _Version) -> tuple[np.ndarray, np.ndarray]:
    record = version.label_bytes + PIXELS
    if not content or len(content) % record:
        raise CifarError(
            f"{path} must hold records of {record} bytes, got {len(content)} bytes, {len(content) % record} too many. "
            "It is truncated, or a file of another data set."
        )
    records = np.frombuffer(content, dtype=np.uint8).reshape(-1, record)
    return records[:, version.label_bytes :].copy(), records[:, version.label_bytes - 1].astype(np.int64)


def _pickled(path: Path, content: bytes, key: bytes) -> tuple[np.ndarray, np.ndarray]:
    try:
        batch = _PlainArrays(io.BytesIO(content), encoding="bytes").load()
    except CifarError as error:
        raise CifarError(f"{path} {error}") from None
    except Exception as error:  # a damaged pickle can fail in any way
        raise CifarError(f"{path} is no readable pickle ({type(error).__name__}: {error}). Is it truncated?") from None
    if not isinstance(batch, dict):
        raise CifarError(f"{path} must hold a dictionary, got {type(batch).__name__}.")
    entries = {name.encode() if isinstance(name, str) else name: value for name, value in batch.items()}
    if b"data" not in entries or key not in entries:
        keys = sorted(str(name) for name in entries)
        raise CifarError(f"{path} must hold 'data' and {key.decode()!r}, got {keys}. Is this the other data set?")
    data, labels = entries[b"data"], entries[key]
    pixels = data.value if isinstance(data, _Array) else None
    if pixels is None or pixels.ndim != 2 or pixels.shape[1] != PIXELS:
        found = f"shape {pixels.shape}" if pixels is not None else type(data).__name__
        raise CifarError(f"'data' in {path} must be an array of shape (n, {PIXELS}), got {found}.")
    if not isinstance(labels, list) or not all(type(label) is int for label in labels) or len(labels) != len(pixels):
        raise CifarError(f"{key.decode()!r} in {path} must be a list of {len(pixels)} integers, one per image.")
    if any(not 0 <= label < 256 for label in labels):
        raise CifarError(f"{key.decode()!r} in {path} must be small non-negative integers.")
    return pixels, np.array(labels, dtype=np.int64)


class _UInt8:
    """Stands for NumPy's type of small integers; what a pickle wants to make of it is not looked at."""

    def __setstate__(self, state: object) -> None:
        pass


class _Array:
    """Stands for a NumPy array while its pickle is read: bytes and a shape that must fit each other."""

    value: np.ndarray | None = None

    def __setstate__(self, state: object) -> None:
        match state:
            case (1, tuple(shape), _UInt8(), fortran, bytes(content)) if all(type(n) is int and n >= 0 for n in shape):
                if math.prod(shape) == len(content):
                    order: Literal["F", "C"] = "F" if fortran else "C"
                    self.value = np.frombuffer(content, dtype=np.uint8).reshape(shape, order=order).copy()
                    return
        raise CifarError("holds an array that is not one of small integers with as many bytes as its shape says.")


NDARRAY = "numpy.ndarray"


def _empty_array(kind: object, shape: object, typecode: object) -> _Array:
    """What NumPy's pickles begin an array with; its contents follow."""
    if kind != NDARRAY or shape != (0,) or typecode not in (b"b", "b"):
        raise CifarError("begins an array in a way that NumPy's own pickles do not.")
    return _Array()


def _number_type(name: object, *rest: object) -> _UInt8:
    text = name.decode("ascii", "replace") if isinstance(name, bytes) else name
    if text not in ("u1", "|u1", "uint8"):
        raise CifarError(f"holds an array of {text!r}, and images are uint8.")
    return _UInt8()


def _latin_bytes(text: object, encoding: object) -> bytes:
    """How Python 3 writes bytes into pickles of protocol 2."""
    if not isinstance(text, str) or encoding not in ("latin1", b"latin1"):
        raise CifarError("encodes bytes in a way that pickle does not.")
    return codecs.encode(text, "latin1")


class _PlainArrays(pickle.Unpickler):
    """An unpickler that makes dictionaries, lists, numbers, strings and uint8 arrays, and calls nothing else."""

    KNOWN: Mapping[tuple[str, str], object] = {
        ("numpy.core.multiarray", "_reconstruct"): _empty_array,
        ("numpy._core.multiarray", "_reconstruct"): _empty_array,
        ("numpy", "ndarray"): NDARRAY,
        ("numpy", "dtype"): _number_type,
        ("_codecs", "encode"): _latin_bytes,
    }

    def find_class(self, module: str, name: str) -> Any:
        """One of :attr:`KNOWN`, never an import."""
        try:
            return self.KNOWN[module, name]
        except KeyError:
            raise CifarError(
                f"asks for {module}.{name} when it is read, which images have no use for. It was refused."
            ) from None
