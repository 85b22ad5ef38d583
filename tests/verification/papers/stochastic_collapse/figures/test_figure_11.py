"""Figure 11 of the stochastic-collapse paper: the task, the schedule, and what is concluded from the errors."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from docs.benchmarks import figure_11 as benchmark
from docs.benchmarks.evidence import judged
from verification.papers.stochastic_collapse.figures import figure_11


def row(batch, white, test=None, *, full=False, **more):
    """A batch size as if measured, with the same errors at every snapshot."""
    times = len(figure_11.SNAPSHOTS)
    errors = {"white": [white] * times, "test": [test or white] * times, "train": [white] * times}
    return {"n": 8, "batch": batch, "full": full, "replacement": False, "steps": [*range(times)], **errors, **more}


COST = {"replica_steps": 10, "threads": 1, "load_before": 0.0, "wall_seconds": 1.0, "processor_seconds": 1.0} | {
    "steps_per_wall_second": 10,
    "steps_per_processor_second": 10,
    "peak_memory_mib": 1.0,
    "machine": "none",
}
FOUND = [row(2, [1.0, 1.001, 0.999, 1.0]), row(8, [2.0, 2.001, 1.999, 2.0]), row(128, [3.0], full=True)]


def test_the_learning_rate_rises_and_drops_twice():
    rates = [figure_11.learning_rate(step, 1000) for step in (0, 49, 99, 400, 499, 500, 529, 530, 999)]
    assert rates == pytest.approx([0.03, 1.5, 3.0, 3.0, 3.0, 0.3, 0.3, 0.03, 0.03])


def test_the_error_for_the_inputs_is_the_expectation_over_uniform_inputs():
    subject, V, U = figure_11.task(8)
    student = V @ U
    x = np.random.default_rng(1).random((200_000, 8)) / np.sqrt(8)
    squares = [np.mean(np.sum((x @ matrix) ** 2, axis=1)) for matrix in (student - subject.teacher, subject.teacher)]
    assert subject.test_error(student) == pytest.approx(squares[0] / squares[1], rel=0.02)
    assert subject.white_error(student) != pytest.approx(squares[0] / squares[1], rel=0.1)


def test_the_student_that_is_the_teacher_has_no_error_and_the_zero_student_one():
    subject, *_ = figure_11.task(8)
    assert subject.test_error(subject.teacher) == subject.white_error(subject.teacher) == 0
    assert subject.test_error(0 * subject.teacher) == pytest.approx(1)
    assert subject.train_error(0 * subject.teacher) == pytest.approx(1)


def test_the_full_batch_is_run_once_and_learns_least_squares_along_the_mean():
    found = figure_11.measure({"n": 8, "batch": "all"})
    subject, *_ = figure_11.task(8)
    best = np.linalg.lstsq(subject.data.inputs, subject.data.labels, rcond=None)[0]
    assert np.array(found["white"]).shape == (len(figure_11.SNAPSHOTS), 1) and found["batch"] == 128
    assert found["train"][-1][0] == pytest.approx(subject.train_error(best), abs=1e-3)


def test_smaller_batches_are_found_better_and_a_swapped_figure_is_not_reproduced():
    found = figure_11.summary(FOUND)
    assert found["location"] == [2.0, 2.0]
    assert all(feature["reproduced"] for feature in found["features"])
    swapped = [row(2, [3.0, 3.001, 2.999, 3.0]), row(8, [2.0, 2.001, 1.999, 2.0]), row(128, [1.0], full=True)]
    other = figure_11.summary(swapped)
    assert other["location"] == [128.0, 128.0]
    assert not any(feature["reproduced"] for feature in other["features"])


def test_batch_sizes_that_cannot_be_told_apart_are_both_in_the_location():
    close = [row(2, [1.0, 2.0, 3.0, 4.0]), row(8, [1.1, 2.1, 3.1, 4.1]), row(128, [2.55], full=True)]
    found = figure_11.summary(close)
    assert found["location"] == [2.0, 128.0]
    assert not any(feature["reproduced"] for feature in found["features"])
    assert all(feature["open"] for feature in found["features"])
    assert judged(found["features"])[-1].startswith("open: interval too wide to tell")


def test_replicas_that_diverge_are_counted_and_the_others_go_on():
    found = figure_11.summary([row(2, [1.0, 1.1], diverged_by=[257, 513]), row(8, [2.0, 2.1, 2.2, 2.3])])
    assert found["features"][-1] == {
        "name": "none diverges: batch 2",
        "printed": 0,
        "measured": 2.0,
        "reproduced": False,
    }
    assert judged(found["features"])[-2].startswith("NO   none diverges")
    table = figure_11.batches_picture("figure-11", found["rows"])
    assert table.rows[0][1] == "2; 2 diverged by step 257, 513"


def test_the_order_of_two_batch_sizes_is_decided_by_welchs_test():
    source = np.random.default_rng(2)
    first, second = source.normal(1.0, 0.1, 8), source.normal(1.0, 0.3, 6)
    for gap in (0.0, 0.4, 0.8, 3.0):
        found = figure_11.summary([row(2, first.tolist()), row(8, (second + gap).tolist())])["features"][0]
        expected = stats.ttest_ind(first, second + gap, equal_var=False, alternative="less").pvalue
        assert found["reproduced"] == (expected < figure_11.FALSE_ALARM)
    assert found["reproduced"]


def test_before_the_drop_only_the_snapshots_at_the_full_rate_count():
    late = row(2, [1.0, 1.001, 0.999, 1.0])
    inside = [i for i, share in enumerate(figure_11.SNAPSHOTS) if 0.1 < share <= 0.5]
    for i in inside:
        late["test"][i] = [9.0, 9.001, 8.999, 9.0]
    found = figure_11.summary_before_drop([late, FOUND[2]])
    assert found["location"] == [128.0, 128.0]
    assert figure_11.summary([late, FOUND[2]])["location"] == [2.0, 2.0]


def test_the_ratio_with_and_without_replacement_is_found_on_its_side():
    without, within = FOUND[0], dict(row(2, [1.5, 1.501, 1.499, 1.5]), replacement=True)
    lower, upper = figure_11.summary_of_replacement([within, without])["location"]
    assert lower < 1.5 < upper and upper - lower < 0.5 and lower > 1


def test_the_picture_names_every_batch_size():
    (picture,) = figure_11.pictures("name", FOUND, figure_11.summary(FOUND))
    assert [cells[0] for cells in picture.rows] == ["batch 2", "batch 8", "full batch"]


def test_the_evidence_is_drawn_and_told_and_its_seeds_are_those_of_the_parts():
    evidence = json.loads(Path("docs/evidence/figure_11.json").read_text())
    told = benchmark.table({**evidence, "cost": COST})
    assert "full batch" in told and "before the drop" in told
    assert len(benchmark.picture(evidence).rows) == 7
    assert evidence["rows"][0]["seed"] == figure_11._seed({"n": 64, "replicas": 8, "batch": "1"})
