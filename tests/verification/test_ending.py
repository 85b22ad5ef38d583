"""However the command ends, it is an exit code and at most one sentence."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from theory.errors import KernelDisagreementError
from verification import signals
from verification.ending import Exit, exit_code_of
from verification.errors import LockError, StoreError

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "DRIFTPROOF_TRACEBACK"} | {
    "PYTHONPATH": str(ROOT)
}


def raising(error):
    def command():
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (StoreError("no store."), Exit.INFRASTRUCTURE, "no store."),
        (LockError("no lock."), Exit.USAGE, "no lock."),
        (OSError(28, "No space left on device", "x.db"), Exit.INFRASTRUCTURE, "No space left on device): x.db"),
        (KernelDisagreementError("two kernels disagree."), Exit.DISAGREEMENT, "two kernels disagree."),
        (KeyboardInterrupt(), Exit.INTERRUPTED, "interrupted."),
        (RecursionError("too deep\nindeed"), Exit.INFRASTRUCTURE, "a fault of driftproof: RecursionError: too deep."),
        (ZeroDivisionError(), Exit.INFRASTRUCTURE, "DRIFTPROOF_TRACEBACK=1 shows where"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_error_is_one_sentence_and_its_exit_code(error, code, sentence, capsys):
    assert exit_code_of(raising(error)) == code
    out, err = capsys.readouterr()
    assert sentence in err and err.startswith("driftproof: ") and err.count("\n") == 1 and out == ""


def test_a_fault_of_ours_shows_its_traceback_on_demand(monkeypatch):
    monkeypatch.setenv("DRIFTPROOF_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        exit_code_of(raising(ZeroDivisionError()))


def test_signal_handlers_are_as_they_were_when_the_command_has_ended():
    before = [signal.getsignal(number) for number in signals.STOPPING]
    exit_code_of(lambda: 0)
    assert [signal.getsignal(number) for number in signals.STOPPING] == before


def test_a_signal_that_the_caller_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals.answered_with(signals.interrupt):
            os.kill(os.getpid(), signal.SIGHUP)
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(1)
    finally:
        signal.signal(signal.SIGHUP, before)


def start(*argv):
    return subprocess.Popen(
        [sys.executable, "-m", "verification", *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )


def catches(process, number):
    """Whether the process has a handler for the signal."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


@pytest.mark.every(4)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to see when a signal is heard")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("delay", [0.0, 0.15, 0.4])
def test_a_signal_at_any_moment_exits_3_with_a_sentence(number, delay):
    process = start("follow", "DLN-P5")  # takes one and a half seconds on a fast machine, where SC-031 takes .7
    # Python catches SIGINT by itself long before our code runs: SIGTERM tells when it is ours.
    while not catches(process, signal.SIGHUP):
        assert process.poll() is None
    time.sleep(delay)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (3, "driftproof: interrupted.\n")


CATALOGUE = "import sys; from tests.verification.fakes import Catalogue; sys.exit(Catalogue().main(*sys.argv[1:]))"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("redirection", "code", "sentence"),
    [
        ("> /dev/full", 4, "No space left on device"),
        pytest.param(">&-", 0, "", marks=pytest.mark.slow),
        pytest.param("2>&-", 0, "", marks=pytest.mark.slow),
        ("<&- >&- 2>&-", 0, ""),
    ],
)
def test_full_and_closed_streams_give_no_traceback(redirection, code, sentence):
    command = [sys.executable, "-c", CATALOGUE, "list"]
    script = shlex.join(command) + " " + redirection
    answer = subprocess.run(["sh", "-c", script], capture_output=True, text=True, env=ENVIRONMENT)
    assert answer.returncode == code
    assert sentence in answer.stderr and answer.stderr.count("\n") == bool(sentence)


def test_letters_that_the_encoding_lacks_are_written_as_numbers():
    program = "from verification.ending import exit_code_of; exit_code_of(lambda: print('\u03b7') or 0)"
    narrow = ENVIRONMENT | {"PYTHONIOENCODING": "ascii"}
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=narrow)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "\\u03b7\n", "")


@pytest.mark.parametrize(("kind", "code"), [("Interruption", 3), ("KeyboardInterrupt", -signal.SIGINT)])
def test_an_interruption_keeps_its_exit_code_after_passing_through_a_text_that_is_executed(kind, code, tmp_path):
    """Python ends ``-m`` by SIGINT after a plain KeyboardInterrupt there, as imports of SciPy have it."""
    (tmp_path / "interrupted.py").write_text(
        "import sys\nfrom verification.signals import Interruption\n"
        f"try:\n    exec('raise kind', {{'kind': {kind}}})\nexcept KeyboardInterrupt:\n    sys.exit(3)\n"
    )
    environment = ENVIRONMENT | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{Path.cwd()}"}
    assert subprocess.run([sys.executable, "-m", "interrupted"], env=environment).returncode == code


LEAVING = """
import atexit, threading
from verification.ending import leave
atexit.register(print, "registered")
print("written")
{thread}
code = leave(4)
print("still here", code)
"""


@pytest.mark.parametrize(
    ("thread", "code", "said"),
    [
        ("", 4, ["written", "registered"]),
        ("threading.Timer(0.05, print, ['done']).start()", 0, ["written", "still here 4", "done", "registered"]),
    ],
)
def test_a_process_ends_at_once_after_all_that_was_written_and_registered_and_waits_for_threads(thread, code, said):
    program = [sys.executable, "-c", LEAVING.format(thread=thread)]
    answer = subprocess.run(program, capture_output=True, text=True, cwd=ROOT)
    assert (answer.returncode, answer.stdout.splitlines()) == (code, said)


@pytest.mark.parametrize("name", ["verification.garbage", "threading", "verification.signals"])
def test_a_ctrl_c_while_the_answer_to_it_is_loaded_is_answered_too(name):
    program = (
        "import runpy, sys\n"
        "class CtrlC:\n"
        "    @staticmethod\n"
        f"    def find_spec(name, *_): signal() if name == {name!r} else None\n"
        "def signal(): raise KeyboardInterrupt\n"
        f"sys.modules.pop({name!r}, None); sys.meta_path.insert(0, CtrlC)\n"
        "runpy.run_module('verification', run_name='__main__')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert (ended.returncode, ended.stderr) == (3, "driftproof: interrupted.\n")


def test_closed_streams_are_not_taken_for_the_files_that_are_opened_next():
    program = (
        "import os; from verification.ending import exit_code_of\n"
        "os._exit(exit_code_of(lambda: open('/dev/null').fileno() > 2 and 7))"
    )
    shell = f"{shlex.quote(sys.executable)} -c {shlex.quote(program)} <&- >&- 2>&-"
    assert subprocess.run(["bash", "-c", shell], cwd=ROOT, env=ENVIRONMENT).returncode == 7


def test_a_paper_that_ends_the_program_is_no_success(capsys):
    def command():
        sys.exit(0)

    assert exit_code_of(command) is Exit.USAGE
    assert "the program was ended by" in capsys.readouterr().err
