"""Code of a paper's author neither ends its process, nor leaves a second one of it, nor prints in its place."""

from __future__ import annotations

import os
import posix
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from verification.ending import Exit, exit_code_of
from verification.errors import ClaimError, SourceError
from verification.foreign_code import output_kept, staying
from verification.registry import claims_of
from verification.run.worker import Assignment
from verification.yielding import yielded

HERE = "tests.verification.test_foreign_code"


@pytest.mark.parametrize(
    "end",
    [
        lambda: os._exit(0),
        lambda: posix._exit(0),
        lambda: os.execv("/bin/true", ["true"]),
        lambda: os.execlp("true", "true"),
    ],
)
def test_the_process_is_not_ended_from_inside(end):
    with pytest.raises(SystemExit, match="would end the run without a word"), staying(), staying():
        end()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_nor_from_another_thread_of_the_command():
    def command() -> int:
        thread = threading.Thread(target=os._exit, args=(0,))
        thread.start()
        thread.join()
        return 5

    assert exit_code_of(command) == 5


def test_a_process_forked_inside_ends_with_the_block_and_may_end_itself():
    for own, status in ((lambda: None, 0), (lambda: os._exit(7), 7)):
        with staying():
            child = os.fork()
            if not child:
                own()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == status


def test_a_paper_that_ends_the_process_at_import_cannot_be_read(tmp_path):
    (tmp_path / "ends_the_process.py").write_text("import os\nos._exit(0)\n")
    with pytest.raises(SourceError, match=r"os\._exit would end the run.*ends_the_process\.py:2"):
        claims_of("ends_the_process", tmp_path)


def test_a_claim_that_ends_the_process_cannot_be_made():
    with pytest.raises(ClaimError, match=r"claim X-1 ended with SystemExit: os\._exit"):
        yielded("X-1", lambda: os._exit(0), object)


def test_a_command_that_is_ended_from_inside_is_no_success(capsys):
    assert exit_code_of(lambda: os._exit(0)) is Exit.USAGE
    assert __file__ in capsys.readouterr().err


def forks(arguments):
    """A derivation that leaves a second process behind."""
    os.fork()
    return os.getpid()


def ends(arguments):
    """A derivation that ends its worker."""
    os._exit(0)


def gives_up(arguments):
    """A derivation that raises what is no error."""
    raise GeneratorExit("enough")


def test_a_task_is_answered_once_though_its_code_forks():
    assert Assignment(f"{HERE}:forks", {}, 10.0, 0)()["value"] == os.getpid()
    assert os.wait()[1] == 0


@pytest.mark.parametrize(("function", "said"), [(ends, "os._exit would end the run"), (gives_up, "GeneratorExit")])
def test_a_task_that_would_end_its_worker_fails(function, said):
    answer = Assignment(f"{HERE}:{function.__name__}", {}, 10.0, 0)()
    assert answer["status"] == "FAILED" and said in answer["message"]


OUTPUT = """
import os, sys
from verification.foreign_code import output_kept
with output_kept():
    print("a")
    os.system("echo b")
    os.close(1)
    sys.stdout.close()
print("c")
"""


def test_an_error_raised_inside_is_not_kept_with_the_output():
    with pytest.raises(ClaimError, match="a value"), output_kept():
        raise ClaimError("a value")


def test_what_is_printed_inside_stands_beside_the_output_which_outlives_it():
    answer = subprocess.run(
        [sys.executable, "-c", OUTPUT], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert (answer.returncode, answer.stdout) == (0, "c\n")
    assert "b" in answer.stderr
