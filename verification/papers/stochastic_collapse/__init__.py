"""The claims of "Stochastic Collapse" (arXiv 2306.04251), in the order of the catalogue.

Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse: How Gradient Noise Attracts SGD Dynamics Towards Simpler
Subnetworks" (2023).

==================  ==================================================================
invariant_sets      SC-001 .. SC-007, SC-010: sign and permutation sets of networks
symmetries          SC-008, SC-009, SC-011 .. SC-013: reflections and translations
residual_networks   SC-014, SC-015: residual connections
gradient_flow       SC-020, SC-022: stochastic gradient flow
label_noise         SC-021, SC-023, SC-041 .. SC-043: diffusion of mini-batches and of label noise
section_4           SC-024 .. SC-030: attraction in one dimension
double_well         SC-031 .. SC-033: stationary law and Figure 1
high_dimension      SC-034 .. SC-040, SC-099: attraction in several dimensions
neuron              SC-050 .. SC-054: the single neuron
teacher_student     SC-073 .. SC-086: the modes of a linear network
mean_of_mode        SC-087 .. SC-089: the conjectured and the exact mean
random_matrices     SC-071, SC-072, SC-090 .. SC-094: matrices, and their large-size limits
discrete_time       SC-110: exact thresholds of the recursion
windows             SC-111, SC-112: windows of collapse in the learning rate
==================  ==================================================================
"""

from verification.papers.stochastic_collapse import (
    discrete_time,
    double_well,
    gradient_flow,
    high_dimension,
    invariant_sets,
    label_noise,
    mean_of_mode,
    neuron,
    random_matrices,
    residual_networks,
    section_4,
    symmetries,
    teacher_student,
    windows,
)

MODULES = (
    invariant_sets,
    symmetries,
    residual_networks,
    gradient_flow,
    label_noise,
    section_4,
    double_well,
    high_dimension,
    neuron,
    teacher_student,
    mean_of_mode,
    random_matrices,
    discrete_time,
    windows,
)

CLAIMS = tuple(sorted((claim for module in MODULES for claim in module.CLAIMS), key=lambda claim: claim.id))
"""Every claim of the paper that driftproof judges."""
