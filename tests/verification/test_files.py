"""Files that driftproof writes replace nothing that somebody may need, and are whole or not there."""

import os
import stat
from pathlib import Path

import pytest

from verification.errors import FileError
from verification.files import REPORT_START, write_whole
from verification.lock import write_lock
from verification.report import place_for_report
from verification.report.claim_markup import TEMPLATES
from verification.run.store import Store


def test_a_report_begins_as_the_template_does():
    lines = (TEMPLATES / "report.html").read_bytes().splitlines()
    first = next(line for line in lines if not line.startswith(b"{%"))
    assert first.lower().startswith(REPORT_START)


def test_a_report_replaces_no_store_no_lock_and_no_device(tmp_path):
    Store(tmp_path / "run.db").close()
    write_lock(tmp_path / "claims.lock.json", {})
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "run.db")
    os.mkfifo(tmp_path / "pipe")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    for name in ("run.db", "claims.lock.json", "notes.txt", "link", "pipe", ".", "/dev/null", "/dev/zero"):
        with pytest.raises(FileError, match="no report|no file that a report could replace"):
            place_for_report(tmp_path / name)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()} == before
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_report_replaces_an_earlier_one_and_an_empty_file(tmp_path):
    (tmp_path / "report.html").write_text("<!DOCTYPE html>\n<p>old</p>")
    (tmp_path / "empty.html").write_text("")
    for name in ("report.html", "empty.html", "new.html"):
        place_for_report(tmp_path / name)


def test_a_folder_that_takes_no_files_is_no_place_for_a_report(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(FileError, match=r"report.html cannot be written \(Permission denied\)"):
        place_for_report(tmp_path / "report.html")


def test_folders_are_made_for_driftproof_alone(tmp_path):
    with pytest.raises(FileError, match="there is no folder"):
        place_for_report(tmp_path / "nowhere" / "report.html")
    place_for_report(tmp_path / ".driftproof" / "report.html")
    assert [folder.name for folder in tmp_path.iterdir()] == [".driftproof"]


def test_a_path_that_is_too_long_is_a_sentence(tmp_path):
    with pytest.raises(FileError, match="File name too long"):
        place_for_report(tmp_path / ("x" * 300))


def test_a_write_that_fails_leaves_what_was_there_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o640)
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \ud800")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    write_whole(path, "new")
    assert path.read_text() == "new" and stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "by_hand").touch()
    write_whole(tmp_path / "ours", "text")
    assert Path(tmp_path / "ours").stat().st_mode == Path(tmp_path / "by_hand").stat().st_mode
