"""A tiny data set in each of the four formats, and every way in which a file can be wrong."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numerics.errors import ArgumentError
from numerics.networks.cifar import CifarError, load_cifar10, load_cifar100

PER_FILE = 3
SOURCE = np.random.default_rng(10)


def images(n: int) -> np.ndarray:
    return SOURCE.integers(0, 256, (n, 3072), dtype=np.uint8)


def python_batch(n: int = PER_FILE, **changes: Any) -> dict[Any, Any]:
    labels = list(range(n))
    batch = {b"data": images(n), b"labels": labels, b"fine_labels": [50 + i for i in labels], b"coarse_labels": labels}
    return {
        key: value for key, value in (batch | {k.encode(): v for k, v in changes.items()}).items() if value is not None
    }


def write_python(folder: Path, names: tuple[str, ...], protocol: int = 2, **changes: Any) -> list[dict[Any, Any]]:
    folder.mkdir(parents=True, exist_ok=True)
    batches = [python_batch(**changes) for _ in names]
    for name, batch in zip(names, batches, strict=True):
        (folder / name).write_bytes(pickle.dumps(batch, protocol=protocol))
    return batches


TRAIN10 = tuple(f"data_batch_{i}" for i in range(1, 6))


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_the_python_version_comes_back_image_by_image(tmp_path, protocol):
    batches = write_python(tmp_path / "cifar-10-batches-py", TRAIN10, protocol)
    found = load_cifar10(tmp_path, complete=False)
    assert found.pixels.shape == (5 * PER_FILE, 3, 32, 32) and found.pixels.dtype == np.uint8
    assert np.array_equal(found.pixels.reshape(-1, 3072), np.concatenate([batch[b"data"] for batch in batches]))
    assert found.labels.tolist() == [0, 1, 2] * 5 and found.labels.dtype == np.int64 and found.classes == 10


def test_the_files_may_lie_in_the_folder_itself(tmp_path):
    (batch,) = write_python(tmp_path, ("test_batch",))
    assert np.array_equal(load_cifar10(tmp_path, "test", complete=False).pixels.reshape(-1, 3072), batch[b"data"])


def test_cifar_100_gives_the_fine_labels(tmp_path):
    write_python(tmp_path / "cifar-100-python", ("train",))
    assert load_cifar100(tmp_path, complete=False).labels.tolist() == [50, 51, 52]


@pytest.mark.parametrize(("loader", "folder", "labels"), [
    (load_cifar10, "cifar-10-batches-bin", [[7], [8]]),
    (load_cifar100, "cifar-100-binary", [[3, 70], [4, 80]]),
])  # fmt: skip
def test_the_binary_version_comes_back_too(tmp_path, loader, folder, labels):
    (tmp_path / folder).mkdir()
    pixels = images(2)
    name = "test_batch.bin" if loader is load_cifar10 else "test.bin"
    records = np.concatenate([np.array(labels, dtype=np.uint8), pixels], axis=1)
    (tmp_path / folder / name).write_bytes(records.tobytes())
    found = loader(tmp_path, "test", complete=False)
    assert np.array_equal(found.pixels.reshape(-1, 3072), pixels)
    assert found.labels.tolist() == [record[-1] for record in labels]
    with pytest.raises(CifarError, match="must hold 10000 images, got 2"):
        loader(tmp_path, "test")
    (tmp_path / folder / name).write_bytes(records.tobytes()[:-5])
    with pytest.raises(CifarError, match="records of .* too many.*truncated"):
        loader(tmp_path, "test", complete=False)


def test_an_excerpt_is_not_taken_for_the_published_files(tmp_path):
    write_python(tmp_path, TRAIN10)
    with pytest.raises(CifarError, match="data_batch_1 is not the published file: its MD5 sum is"):
        load_cifar10(tmp_path)


def test_missing_files_are_named(tmp_path):
    write_python(tmp_path, TRAIN10[:-1])
    with pytest.raises(CifarError, match="missing data_batch_5.*Nothing is downloaded"):
        load_cifar10(tmp_path, complete=False)
    with pytest.raises(CifarError, match="must be a folder"):
        load_cifar10(tmp_path / "elsewhere")
    with pytest.raises(ArgumentError, match="split must be one of"):
        load_cifar10(tmp_path, "validation")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": None}, "must hold 'data' and 'labels'"),
        ({"labels": None}, "got .*fine_labels.*other data set"),
        ({"data": np.zeros((3, 100), dtype=np.uint8)}, r"shape \(n, 3072\), got shape \(3, 100\)"),
        ({"data": np.zeros((3, 3072))}, "holds an array of 'f8', and images are uint8"),
        ({"data": np.array([{}, {}], dtype=object)}, "holds an array of 'O8'"),
        ({"data": b"pixels"}, "got bytes"),
        ({"labels": [1, 2]}, "list of 3 integers"),
        ({"labels": [0, 1, "two"]}, "list of 3 integers"),
        ({"labels": [0, 1, True]}, "list of 3 integers"),
        ({"labels": [0, 1, 2**70]}, "small non-negative"),
        ({"labels": [0, 1, 10]}, "labels in .* must be 0 to 9, got 0 to 10"),
    ],
)
def test_contents_of_another_kind_are_refused(tmp_path, changes, message):
    write_python(tmp_path, ("test_batch",), **changes)
    with pytest.raises(CifarError, match=message):
        load_cifar10(tmp_path, "test", complete=False)


def test_cifar_100_read_as_cifar_10_is_noticed(tmp_path):
    write_python(tmp_path, ("test_batch",), labels=[99, 1, 2])
    with pytest.raises(CifarError, match="other of CIFAR-10 and CIFAR-100"):
        load_cifar10(tmp_path, "test", complete=False)


@pytest.mark.parametrize("keep", [0, 1, 40, 9000, -1])
def test_a_truncated_pickle_is_noticed(tmp_path, keep):
    write_python(tmp_path, ("test_batch",))
    content = (tmp_path / "test_batch").read_bytes()
    (tmp_path / "test_batch").write_bytes(content[:keep])
    with pytest.raises(CifarError, match="truncated"):
        load_cifar10(tmp_path, "test", complete=False)


class Harmful:
    """A pickle that would leave a mark when read."""

    def __init__(self, call: Any, *arguments: Any) -> None:
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> Any:
        return self.call, self.arguments


@pytest.mark.parametrize("call", [os.system, eval, exec, getattr, np.load, __import__])
def test_a_pickle_that_would_run_code_runs_none(tmp_path, call):
    mark = tmp_path / "mark"
    payload = Harmful(call, f"touch {mark}" if call is os.system else f"open({str(mark)!r}, 'w')")
    (tmp_path / "test_batch").write_bytes(pickle.dumps({b"data": payload, b"labels": []}, protocol=2))
    with pytest.raises(CifarError, match="which images have no use for"):
        load_cifar10(tmp_path, "test", complete=False)
    assert not mark.exists()


def test_pythons_own_unpickler_would_have_run_it(tmp_path):
    mark = tmp_path / "mark"
    pickle.loads(pickle.dumps(Harmful(os.system, f"touch {mark}"), protocol=2))
    assert mark.exists()


def test_an_array_whose_shape_does_not_fit_its_bytes_is_refused(tmp_path):
    """A forged size must not make an array that reads beyond its memory, or fills it."""
    write_python(tmp_path, ("test_batch",), protocol=4)
    path = tmp_path / "test_batch"
    content = path.read_bytes()
    assert content.count(b"K\x03M\x00\x0c\x86") == 1  # the tuple (3, 3072)
    for forged in (b"K\x04M\x00\x0c\x86", b"J\xff\xff\xff\x7fM\x00\x0c\x86", b"J\xff\xff\xff\xffM\x00\x0c\x86"):
        path.write_bytes(content.replace(b"K\x03M\x00\x0c\x86", forged))
        with pytest.raises(CifarError, match="as many bytes as its shape says|truncated"):
            load_cifar10(tmp_path, "test", complete=False)
