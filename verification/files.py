"""Files that driftproof writes: all of one or nothing, and never over what somebody else may need."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from verification.errors import FileError
from verification.run.settings import STORE_PATH

REPORT_START = b"<!doctype html"
"""How every report begins; a file that begins otherwise is none."""


def ensure_folder(path: Path) -> None:
    """See that the folder of ``path`` is there; only driftproof's own is made.

    Raises:
        FileError: there is no such folder.
        OSError: it cannot be made.
    """
    folder = path.parent
    if folder.is_dir():
        return
    if folder.name != STORE_PATH.parent.name or not folder.parent.is_dir():
        raise FileError(f"there is no folder {folder}. Make it first, or give another path.")
    folder.mkdir(exist_ok=True)


def refuse_to_replace(path: Path) -> None:
    """Refuse a report in place of anything but an earlier report or an empty file.

    Raises:
        FileError: ``path`` is a folder, a device, or a file that begins otherwise than a report.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FileError(f"{path} is no file that a report could replace. Give another path.")
        with path.open("rb") as file:
            start = file.read(len(REPORT_START))
    except FileNotFoundError:
        return
    except OSError as error:
        raise FileError(f"{path} cannot be read ({error.strerror}). Give another path.") from error
    if start and start.lower() != REPORT_START:
        raise FileError(f"{path} is there already and is no report; it is left alone. Give another path.")


def write_whole(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` in one stroke: a killed write leaves what was there.

    A symbolic link stays one, and what it leads to is replaced.

    Raises:
        OSError: the system refuses.
    """
    if path.exists() and not path.is_file():
        raise FileError(f"{path} is no file that could be replaced. Give another path.")
    path = path.resolve()
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.chmod(name, _mode(path))
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _mode(path: Path) -> int:
    """The permissions of the file that is replaced, or those of a new one."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
