"""The claims of "Stochastic Collapse" (arXiv 2306.04251), in the order of the catalogue.

Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse: How Gradient Noise Attracts SGD Dynamics Towards Simpler
Subnetworks" (2023).

========================  ==================================================================
invariant_sets            SC-001 .. SC-007, SC-010: sign and permutation sets of networks
symmetries                SC-008, SC-009, SC-011 .. SC-013: reflections and translations
residual_networks         SC-014, SC-015: residual connections
gradient_flow             SC-020, SC-022: stochastic gradient flow
label_noise               SC-021, SC-023, SC-041 .. SC-043: diffusion of mini-batches and of label noise
section_4                 SC-024 .. SC-030: attraction in one dimension
double_well               SC-031 .. SC-033: stationary law and Figure 1
high_dimension            SC-034, SC-039: attraction in several dimensions, theorem 4.2
general_attraction        SC-035 .. SC-037: theorem E.1 and its proof
maximal_inequality        SC-038, SC-040: excursions from the set
unstructured_noise        SC-099: i.i.d. label noise
neuron                    SC-050 .. SC-054: the single neuron
figure_2                  SC-055: Figure 2, many single neurons
neuron_diagnostics        SC-056 .. SC-060, SC-063: how vanishing and identical neurons are counted
deep_networks             SC-061, SC-098: Figures 4, 6, 9, 10 and 12, as far as they can be judged
two_neurons               SC-062: Figure 7, two neurons
definitions               SC-070: the teacher-student framework
teacher_student           SC-073 .. SC-077: the modes of a linear network
student_dynamics          SC-078 .. SC-081: their solution, theorem 6.1, and phase transition
student_stationary_law    SC-082 .. SC-086: their stationary law
mean_of_mode              SC-087 .. SC-089: the conjectured and the exact mean
random_matrices           SC-071, SC-072, SC-090 .. SC-094: matrices, and their large-size limits
generalisation            SC-095 .. SC-097: Figures 5 and 11, the learning-rate drop
discrete_time             SC-110: exact thresholds of the recursion
windows                   SC-111, SC-112: windows of collapse in the learning rate
scope                     SC-113: momentum, weight decay, Adam, skewed noise
summary                   SC-120: what a machine-made summary says differently
========================  ==================================================================
"""

from verification.papers.stochastic_collapse import (
    deep_networks,
    definitions,
    discrete_time,
    double_well,
    figure_2,
    general_attraction,
    generalisation,
    gradient_flow,
    high_dimension,
    invariant_sets,
    label_noise,
    maximal_inequality,
    mean_of_mode,
    neuron,
    neuron_diagnostics,
    random_matrices,
    residual_networks,
    scope,
    section_4,
    student_dynamics,
    student_stationary_law,
    summary,
    symmetries,
    teacher_student,
    two_neurons,
    unstructured_noise,
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
    general_attraction,
    maximal_inequality,
    neuron,
    figure_2,
    neuron_diagnostics,
    deep_networks,
    two_neurons,
    definitions,
    teacher_student,
    student_dynamics,
    student_stationary_law,
    mean_of_mode,
    generalisation,
    unstructured_noise,
    random_matrices,
    discrete_time,
    windows,
    scope,
    summary,
)

CLAIMS = tuple(sorted((claim for module in MODULES for claim in module.CLAIMS), key=lambda claim: claim.id))
"""Every claim of the paper that driftproof judges."""
