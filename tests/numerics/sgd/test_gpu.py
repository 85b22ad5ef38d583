"""Real SGD on a GPU: the same noise to the bit, the same weights up to rounding."""

from __future__ import annotations

import pytest
import torch

from numerics.sgd.batches import ShuffledEpochs, WithoutReplacement, WithReplacement
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.gradient_noise import gradient_noise
from numerics.sgd.label_noise import GaussianLabelNoise
from numerics.sgd.optimisers import SGD, Adam
from numerics.sgd.replicas import gaussian_initial, train_replicas
from numerics.sgd.torch_philox import Purpose, ReplicaNoise
from tests.numerics.sgd.problems import images, regression

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: real SGD on a GPU is not tested"),
]
SEED = 2**63 + 11


def on_gpu(problem):
    return EmpiricalLoss(problem.module, problem.loss, problem.inputs, problem.targets, device="cuda")


def test_words_are_the_same_on_both_devices():
    here, there = (ReplicaNoise(SEED, 100, 2**40, device=device) for device in ("cpu", "cuda"))
    assert torch.equal(here.words(Purpose.BATCH, 5, 7), there.words(Purpose.BATCH, 5, 7).cpu())
    z, w = (noise.normals(Purpose.LABEL, 5, 7, 9) for noise in (here, there))
    assert (z - w.cpu()).abs().max() < 1e-14


@pytest.mark.parametrize("rule", [WithReplacement(3), WithoutReplacement(3), ShuffledEpochs(3)], ids=repr)
def test_batches_are_the_same_on_both_devices(rule):
    here, there = (rule.indices(ReplicaNoise(SEED, 100, device=device), 50, 3, 20) for device in ("cpu", "cuda"))
    assert torch.equal(here, there.cpu())


@pytest.mark.parametrize("optimiser", [SGD(0.05, momentum=0.5), Adam(0.01)], ids=repr)
@pytest.mark.parametrize("problem", [regression(), images()], ids=["dense", "conv"])
def test_weights_are_the_same_on_both_devices_up_to_rounding(problem, optimiser):
    settings = {"batches": WithReplacement(3), "steps": 60, "n_replicas": 5, "seed": SEED}
    settings["label_noise"] = GaussianLabelNoise(0.1)
    runs = [
        train_replicas(p, optimiser, initial=gaussian_initial(p, 5, seed=SEED), **settings)
        for p in (problem, on_gpu(problem))
    ]
    here, there = (torch.cat([value.flatten(1).cpu() for value in run.final.values()], 1) for run in runs)
    assert (here - there).abs().max() < 1e-9
    assert (here[0] - there[1]).abs().max() > 1e-3


def test_gradient_noise_is_the_same_on_both_devices():
    here, there = gradient_noise(images()), gradient_noise(on_gpu(images()))
    assert (here.covariance - there.covariance.cpu()).abs().max() < 1e-10
    assert here.top_eigenpairs(3)[0] == pytest.approx(there.top_eigenpairs(3)[0], rel=1e-8)
