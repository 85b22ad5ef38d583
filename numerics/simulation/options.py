"""How a run is carried out, apart from what is run: one frozen record for all that simulate, iterate and train.

The mathematics (process, parameters, step, seed) stays in the signatures; the machinery is here, checked once::

    simulate(
        process,
        parameters={k: 1.0},
        initial=[0.0],
        step=0.25,
        until=20.0,
        n_paths=40_000,
        seed=7,
        options=Options(threads=2, precision="float64"),
    )
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum

from numerics.arguments import kind, takes, whole_number
from numerics.errors import ArgumentError, MissingBackendError
from numerics.kernels.kernel import Precision
from numerics.progress import Report
from theory.argument_kinds import whole
from theory.values import shown

BLOCK = 4096
"""Trajectories that are summed together. Part of the result's last bits, so it is no option."""

CHUNK = 16 * BLOCK
"""Trajectories that one kernel call advances: large enough for threads, small enough for the cache."""


class KernelBackend(StrEnum):
    """Who runs the time loop."""

    AUTO = "auto"
    CPU = "cpu"
    NUMPY = "numpy"


class OnDivergence(StrEnum):
    """What happens when a trajectory leaves the finite numbers."""

    RAISE = "raise"
    COUNT = "count"


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a simulation, an iteration or a training runs. Words may be given as plain strings.

    Attributes:
        backend: ``"cpu"`` is the fused kernel, ``"numpy"`` its plain twin, ``"auto"`` the first that is available.
        precision: ``"mixed"`` (float64 state, float32 normals), ``"float64"`` or ``"float32"``.
        device: ``"cpu"``, or for modules of PyTorch ``"cuda"``; ``None`` is where the data lie.
        threads: Does not change the result of a simulation. For modules: threads of each operation of PyTorch, where
            more than one pays for large layers only.
        chunk: Trajectories per kernel call, a multiple of :data:`BLOCK`. Does not change the result.
        progress: ``True`` for a bar, ``False`` for none, ``None`` for one where people watch long runs, or a callback
            ``(done, total)`` in trajectory-steps.
        on_divergence: ``"raise"``, or ``"count"`` to go on with the finite trajectories.
        keep_final: Keep the last states, one row per trajectory.
        first: Number of the first trajectory or replica, for runs that continue others.
        stream: Names independent noise under the same seed.

    Raises:
        ArgumentError: a value is out of its range.

    Example:
        >>> Options(precision="float64").precision
        <Precision.FLOAT64: 'float64'>
        >>> Options(threads=0)
        Traceback (most recent call last):
        numerics.errors.ArgumentError: threads must be at least 1 and below 1025, got threads=0.
    """

    backend: str = KernelBackend.AUTO
    precision: str = Precision.MIXED
    device: str | None = None
    threads: int = 1
    chunk: int = CHUNK
    progress: bool | Report | None = None
    on_divergence: str = OnDivergence.RAISE
    keep_final: bool = True
    first: int = 0
    stream: int = 0

    def __post_init__(self) -> None:
        checked = {
            "backend": kind(KernelBackend, self.backend, "backend"),
            "precision": kind(Precision, self.precision, "precision"),
            "threads": whole_number(self.threads, "threads", at_least=1, below=1025),
            "chunk": whole_number(self.chunk, "chunk", at_least=BLOCK, below=2**48),
            "on_divergence": kind(OnDivergence, self.on_divergence, "on_divergence"),
            "first": whole_number(self.first, "first", at_least=0, below=2**63),
            "stream": whole_number(self.stream, "stream", at_least=0, below=2**32),
        }
        if self.chunk % BLOCK:
            raise ArgumentError(f"chunk must be a positive multiple of {BLOCK}, got chunk={self.chunk!r}.")
        if not isinstance(self.keep_final, bool):
            raise ArgumentError(f"keep_final must be True or False, got {shown(self.keep_final)}.")
        if not (self.progress is None or isinstance(self.progress, bool) or callable(self.progress)):
            raise ArgumentError(
                f"progress must be True, False, None or a callback (done, total), got {shown(self.progress)}."
            )
        if not (self.device is None or isinstance(self.device, str)):
            raise ArgumentError(f"device must be a name such as 'cpu', or None, got {shown(self.device)}.")
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @takes(offset=whole(0, 2**32))
    def on_stream(self, offset: int) -> Options:
        """The same with independent noise, ``offset`` streams on."""
        return replace(self, stream=self.stream + offset)


def required_options(options: Options | None, user: str, *, unused: tuple[str, ...] = ()) -> Options:
    """The options given, or all defaults; an option that ``user`` would silently ignore is refused.

    Raises:
        ArgumentError: ``options`` is something else, or one of ``unused`` is set.
    """
    if options is None:
        return Options()
    if not isinstance(options, Options):
        raise ArgumentError(f"options must be Options(...), got {type(options).__name__}.")
    for field in fields(Options):
        if field.name in unused and getattr(options, field.name) != field.default:
            raise ArgumentError(f"{user} has no use for {field.name}={getattr(options, field.name)!r}. Leave it out.")
    return options


def require_cpu(options: Options) -> None:
    """Refuse a device that no kernel runs on.

    Raises:
        MissingBackendError: naming it.
    """
    if options.device not in (None, "cpu"):
        raise MissingBackendError(
            f"device={options.device!r} has no kernel for simulations. Use device='cpu'; modules of PyTorch train on "
            "'cuda' with numerics.sgd.replicas.train_replicas."
        )
