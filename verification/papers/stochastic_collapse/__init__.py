"""The claims of "Stochastic Collapse" (arXiv 2306.04251), in the order of the catalogue.

Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse: How Gradient Noise Attracts SGD Dynamics Towards Simpler
Subnetworks" (2023).

==================  ==================================================================
gradient_flow       SC-020, SC-022: stochastic gradient flow
section_4           SC-024 .. SC-030: attraction in one dimension
double_well         SC-031 .. SC-033: stationary law and Figure 1
teacher_student     SC-073 .. SC-086: the modes of a linear network
mean_of_mode        SC-087 .. SC-089: the conjectured and the exact mean
discrete_time       SC-110: exact thresholds of the recursion
==================  ==================================================================
"""

from verification.papers.stochastic_collapse import (
    discrete_time,
    double_well,
    gradient_flow,
    mean_of_mode,
    section_4,
    teacher_student,
)

CLAIMS = tuple(
    sorted(
        (
            claim
            for module in (gradient_flow, section_4, double_well, teacher_student, mean_of_mode, discrete_time)
            for claim in module.CLAIMS
        ),
        key=lambda claim: claim.id,
    )
)
"""Every claim of the paper that driftproof judges."""
