"""The stages of a Monte Carlo check: each draws numbers of its own."""

from types import SimpleNamespace

from verification.checks import stages


def test_every_stage_of_every_experiment_has_a_seed_of_its_own():
    names = (stages.PILOT, stages.FIRST, stages.ENLARGED, stages.SECOND)
    seeds = {
        stages._seed({"claim": "SC-1", "statement": "rate", "stage": stage}, SimpleNamespace(name=experiment))
        for stage in names
        for experiment in ("at 1", "at 2")
    }
    assert len(seeds) == 2 * len(names)


def test_a_worker_draws_what_the_coordinator_names():
    context = SimpleNamespace(claim=SimpleNamespace(id="SC-1"), statement=SimpleNamespace(name="rate"))
    experiment = SimpleNamespace(name="at 1")
    arguments = {"claim": "SC-1", "statement": "rate", "stage": stages.SECOND}
    assert stages._seed(arguments, experiment) == stages.seed(context, experiment, stages.SECOND)
