"""The host machine as LLVM sees it: vector width, and machine code from LLVM IR.

llvmlite is optional: this module is the only one that imports it, and says what to do where it is missing.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from functools import lru_cache

from numerics.errors import MissingBackendError

try:
    import llvmlite.binding as llvm
    import llvmlite.ir as ir
except ImportError as error:
    raise MissingBackendError(
        "compiled kernels need the package llvmlite, which is not installed; kernels fall back to NumPy (slower, the "
        'same results to rounding: backend="numpy"). For speed: pip install "llvmlite>=0.44".'
    ) from error

__all__ = ["Host", "MachineCode", "compile_ir", "host", "ir"]


@dataclass(frozen=True)
class Host:
    """A processor to compile for.

    Attributes:
        cpu: Its name in LLVM.
        features: Its features in LLVM's notation; empty for those that the name implies.
        vector_bytes: 64 (AVX-512), 32 (AVX2) or 16 (SSE, NEON).
        fused: It multiplies and adds with one rounding.
    """

    cpu: str
    features: str
    vector_bytes: int
    fused: bool

    def machine(self) -> llvm.TargetMachine:
        """A new target machine: an execution engine takes its own and frees it."""
        target = llvm.Target.from_default_triple()
        return target.create_target_machine(cpu=self.cpu, features=self.features, opt=3, jit=True)


@lru_cache(maxsize=1)
def host() -> Host:
    """The processor this program runs on."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features, name = llvm.get_host_cpu_features(), llvm.get_host_cpu_name()
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return Host(name, features.flatten(), 16, True)
    fused = bool(features.get("fma"))
    if features.get("avx512f") and features.get("avx512dq"):
        # Server processors advertise 512 bits and ask for 256: here that costs up to half the speed.
        return Host(name, features.flatten() + ",-prefer-256-bit", 64, fused)
    return Host(name, features.flatten(), 32 if features.get("avx2") else 16, fused)


@dataclass(frozen=True)
class MachineCode:
    """Compiled functions; they live as long as this object.

    Attributes:
        engine: Owner of the code.
        module: The optimised IR.
        host: What it was compiled for.
    """

    engine: llvm.ExecutionEngine
    module: llvm.ModuleRef
    host: Host

    def address(self, name: str) -> int:
        """Where a function starts."""
        return self.engine.get_function_address(name)

    @property
    def assembly(self) -> str:
        """The machine code as text, for reading."""
        return self.host.machine().emit_assembly(self.module)


SHORT_PIPELINE = ("loop_rotate", "instruction_combine", "simplify_cfg")
"""Passes of LLVM that leave no memory behind; kernels run about 7 % slower than after the full pipeline."""


def compile_ir(text: str, processor: Host, *, thorough: bool = True) -> MachineCode:
    """Machine code of a module of LLVM IR, optimised without leave to change a rounding.

    ``thorough`` is LLVM's whole pipeline of level 2. Its loop passes leave about 0.2 MiB behind at each use (llvmlite
    0.50), which is too much for a process that compiles hundreds of kernels and runs each of them a little.
    """
    machine = processor.machine()
    # The global context would keep the types and constants of every module for good; this one goes with its module.
    module = llvm.parse_assembly(text, llvm.create_context())
    module.verify()
    # The code is explicit vectors already: the vectorisers and the unroller could only spend time.
    tuning = llvm.create_pipeline_tuning_options(speed_level=2)
    tuning.loop_vectorization = tuning.slp_vectorization = False
    tuning.loop_unrolling = tuning.loop_interleaving = False
    builder = llvm.create_pass_builder(machine, tuning)
    passes = builder.getModulePassManager() if thorough else llvm.create_new_module_pass_manager()
    for name in () if thorough else SHORT_PIPELINE:
        getattr(passes, f"add_{name}_pass")()
    passes.run(module, builder)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return MachineCode(engine, module, processor)
