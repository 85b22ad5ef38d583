"""A cluster whose workers are killed again and again leaves the same table of results as one machine in peace."""

import json
import os
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.verification.fakes import CLAIMS, Single, sums
from theory.errors import KernelDisagreementError
from verification.errors import ExecutorError, VerificationError
from verification.run import cluster as cluster_module
from verification.run.cluster import cluster
from verification.run.runner import run
from verification.run.store import Store, canonical_json

if find_spec("distributed") is None:  # loaded by the tests: it takes seconds
    pytest.skip("needs the package distributed: pip install distributed", allow_module_level=True)

ROOT = Path(__file__).parents[3]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}

PROGRAM = textwrap.dedent("""
    import os, signal, sys
    from distributed import Client
    from tests.verification.fakes import sums
    from verification.run.cluster import cluster
    from verification.run.runner import run
    from verification.run.store import Store

    path, address, every = sys.argv[1], sys.argv[2], int(sys.argv[3])
    killer, killed = Client(address), []

    def kill_one_of_the_workers(progress):
        if every and progress.tasks_done >= every * (len(killed) + 1) and len(killed) < 6:
            pids = sorted(killer.run(os.getpid, on_error="ignore").items())
            if pids:
                name, pid = pids[len(killed) % len(pids)]
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    with Store(path) as store, cluster(address) as (executor, workers):
        summary = run(sums(seconds=0.05), store=store, executor=executor, workers=2,
                      on_progress=kill_one_of_the_workers)
    print(len(killed), summary.computed, len(summary.failures), summary.interrupted)
    """)


@contextmanager
def local_cluster(folder, *, workers):
    """A scheduler and its workers as processes of their own; the address of the scheduler."""
    file = folder / "scheduler.json"
    dask: list[str] = [sys.executable, "-m", "dask"]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    common = ["--scheduler-file", str(file), "--no-dashboard"]
    started = [
        subprocess.Popen(
            [*dask, "scheduler", *common, "--host", "127.0.0.1", "--port", "0"], env=ENVIRONMENT, cwd=folder, **quiet
        )
    ]
    try:
        if workers:
            command = [*dask, "worker", *common, "--nthreads", "1", "--nworkers", str(workers)]
            started.append(subprocess.Popen(command, env=ENVIRONMENT, cwd=folder, **quiet))
        end = time.monotonic() + 120
        while not (file.exists() and file.read_text().strip()):
            assert time.monotonic() < end and started[0].poll() is None
            time.sleep(0.05)
        yield json.loads(file.read_text())["address"]
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(timeout=60)


def test_a_cluster_whose_workers_are_killed_ends_in_the_bytes_of_a_local_run(tmp_path, monkeypatch):
    with local_cluster(tmp_path, workers=2) as address:
        command = [sys.executable, "-c", PROGRAM, str(tmp_path / "cluster.db"), address, "7"]
        answer = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=400)
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout.split() == ["6", "48", "0", "False"]
    with Store(tmp_path / "local.db") as local, Store(tmp_path / "cluster.db", read_only=True) as remote:
        run(sums(seconds=0.05), store=local, workers=2)
        assert canonical_json(local) == canonical_json(remote)
        for claim in CLAIMS:
            table = [{key: stored.result for key, stored in store.results(claim).items()} for store in (local, remote)]
            assert json.dumps(table[0], default=repr) == json.dumps(table[1], default=repr)


@pytest.mark.slow
def test_two_kernels_that_disagree_on_a_cluster_stop_the_run(tmp_path):
    asked = [*sums()[:2], Single("SC-004", "disagree", arguments=(("mended", str(tmp_path / "mended")),))]
    with local_cluster(tmp_path, workers=1) as address, cluster(address) as (executor, workers):
        with Store(tmp_path / "run.db") as store, pytest.raises(KernelDisagreementError, match="SC-004, task: two ker"):
            run(asked, store=store, workers=workers, executor=executor)


SIMULATION = textwrap.dedent("""
    import os, signal, sys
    import numpy as np, sympy as sp
    from distributed import Client
    from numerics import Options, simulate
    from theory import ItoProcess

    x = sp.Symbol("x", real=True)
    process = ItoProcess.scalar(x, drift=-x**3, dispersion=sp.S.One)
    arguments = dict(process=process, initial=[0.0], step=0.01, until=4.0, n_paths=60_000, seed=4)
    killed = []

    def kill_one_of_the_workers(done, total):
        pids = sorted(client.run(os.getpid, on_error="ignore").items())
        if len(killed) < 2 and pids:
            killed.append(os.kill(pids[len(killed) % len(pids)][1], signal.SIGKILL))

    with Client(sys.argv[1]) as client, client.get_executor(pure=False) as executor:
        options = Options(chunk=4096, progress=kill_one_of_the_workers)
        there = simulate(**arguments, options=options, executor=executor)
    print(len(killed), np.array_equal(there.final, simulate(**arguments).final))
    """)


@pytest.mark.slow
def test_a_simulation_whose_workers_are_killed_has_the_bits_of_one_at_home(tmp_path):
    with local_cluster(tmp_path, workers=2) as address:
        command = [sys.executable, "-c", SIMULATION, address]
        answer = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=400)
    assert answer.stdout.split() == ["2", "True"], answer.stderr


def test_a_cluster_without_workers_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_module, "CONNECTING", 2.0)
    with local_cluster(tmp_path, workers=0) as address, pytest.raises(ExecutorError, match="has no workers. Start"):
        with cluster(address):
            raise AssertionError("never reached")


def test_an_address_where_nobody_answers_and_one_that_is_none_are_one_sentence(monkeypatch):
    monkeypatch.setattr(cluster_module, "CONNECTING", 1.0)
    with pytest.raises(ExecutorError, match="no scheduler answers at tcp://127.0.0.1:9"):
        with cluster("tcp://127.0.0.1:9"):
            raise AssertionError("never reached")
    for address in ("gopher://127.0.0.1:9", ""):
        with pytest.raises(VerificationError, match="--cluster must be an address"):
            with cluster(address):
                raise AssertionError("never reached")


def test_without_the_package_the_command_to_install_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(VerificationError, match=r"pip install distributed"):
        with cluster("tcp://127.0.0.1:9"):
            raise AssertionError("never reached")


@pytest.mark.parametrize("address", ["nonsense", "http://x", "", "tcp://x:99999", "tcp://127.0.0.1", "tcp://[::1:80"])
def test_an_address_that_is_none_is_refused_before_anybody_is_asked(address):
    with pytest.raises(VerificationError, match="--cluster must be an address such as"), cluster(address):
        pass


def test_that_nobody_listens_is_said_at_once():
    begin = time.monotonic()
    with pytest.raises(ExecutorError, match="no scheduler answers at"), cluster("tcp://127.0.0.1:1"):
        pass
    assert time.monotonic() - begin < cluster_module.CONNECTING / 2
