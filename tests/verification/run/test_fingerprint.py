"""What results depend on: every file a claim draws on, nothing that it does not."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from verification.errors import ClaimError
from verification.investigation import ClaimInvestigation, investigations
from verification.registry import Catalogue, catalogue
from verification.run import fingerprint as module
from verification.run.fingerprint import basis, drawn_on, fingerprint, framework, uncovered
from verification.run.store import StoredVerdict
from verification.run.task import Result, Status, execute
from verification.run.worker import Assignment
from verification.sources import installed, project
from verification.verdict import ClaimVerdict, Finding, Outcome, StatementVerdict, Verdict

CLAIM = '''
from verification.authoring.shorthand import Paper, equals, measured
from house.parts.samplers import coin

paper = Paper("house", experiments=10)


@paper.claim("H-1", "p. 1")
def value():
    """A value."""
    yield equals("one", printed=1, derived=lambda: 1, wrong={"two": 2}, measured=[measured(coin, lambda form: form)])
'''

SAMPLERS = """
import numpy as np
from verification.forms import Samples
from .deeper import factor


def coin(arguments, draw):
    return Samples(np.full(draw.n, factor))
"""


def house(folder: Path, *, deeper: str = "factor = 1.0\n") -> Path:
    """A package with a claim whose sampler lies in a sub-folder and draws on a third file."""
    (folder / "house" / "parts").mkdir(parents=True, exist_ok=True)
    for name, text in {
        "__init__.py": "",
        "claims.py": CLAIM,
        "unrelated.py": "x = 1\n",
        "parts/__init__.py": "",
        "parts/samplers.py": SAMPLERS,
        "parts/deeper.py": deeper,
    }.items():
        (folder / "house" / name).write_text(text)
    return folder


@pytest.fixture(autouse=True)
def nothing_remembered():
    forget()


def forget() -> None:
    """What this process knows of files on the disk."""
    for cached in (module._own, module.drawn_on, module._imported):
        cached.cache_clear()
    for path in [path for path in module._HASHED if not path.is_relative_to(module.ROOT)]:
        del module._HASHED[path]


def mark(folder: Path) -> str:
    forget()
    return fingerprint("house.claims", folder)


def test_files_in_sub_folders_that_a_claim_draws_on_are_part_of_it(tmp_path):
    house(tmp_path)
    names = {path.relative_to(tmp_path).as_posix() for path in drawn_on("house.claims", str(tmp_path))}
    assert names == {
        "house/__init__.py",
        "house/claims.py",
        "house/parts/__init__.py",
        "house/parts/samplers.py",
        "house/parts/deeper.py",
    }


@pytest.mark.parametrize("name", ["claims.py", "parts/samplers.py", "parts/deeper.py", "parts/__init__.py"])
def test_a_change_of_any_of_them_changes_the_fingerprint(tmp_path, name):
    before = mark(house(tmp_path))
    path = tmp_path / "house" / name
    path.write_text(path.read_text() + "\n# another line\n")
    assert mark(tmp_path) != before


def test_a_change_elsewhere_in_the_same_source_changes_nothing(tmp_path):
    before = mark(house(tmp_path))
    (tmp_path / "house" / "unrelated.py").write_text("x = 2\n")
    (tmp_path / "house" / "fresh.py").write_text("y = 1\n")
    assert mark(tmp_path) == before


def test_where_a_project_lies_changes_nothing(tmp_path):
    assert mark(house(tmp_path / "a")) == mark(house(tmp_path / "b"))


def test_every_file_a_built_in_claim_imports_from_its_paper_is_covered():
    home = str(module.ROOT)
    entry = catalogue().listed["SC-024"]
    names = {path.relative_to(home).as_posix() for path in drawn_on(entry.module, home)}
    assert "verification/papers/stochastic_collapse/measured/one_dimension.py" in names
    assert "verification/papers/stochastic_collapse/paper.py" in names
    assert not any(name.startswith(("theory/", "numerics/", "verification/checks/")) for name in names)
    assert module.ROOT / "verification" / "checks" / "symbolic.py" in framework()


NESTED = """
import one
def f(x=lambda: 1):
    if x:
        import two.deep as d
    elif x():
        from three import a
    else:
        from . import four
    for _ in x:
        import five
    else:
        import six
    while x:
        import seven
    with x:
        import eight
    try:
        import nine
    except ValueError:
        import ten
    else:
        import eleven
    finally:
        import twelve
    match x:
        case 1:
            import thirteen
class C:
    async def g(self):
        async with self:
            import fourteen
        async for _ in self:
            import fifteen
try:
    import sixteen
except* ValueError:
    import seventeen
"""


def test_import_statements_are_found_wherever_a_statement_may_stand(tmp_path):
    path = tmp_path / "nested.py"
    path.write_text(NESTED)
    names = {name.split(".")[0] for name in module._imported(path, "house.nested")}
    one_to_seventeen = "one two three five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    assert names == {*one_to_seventeen.split(), "seventeen", "house"}
    every = {alias.name for node in ast.walk(ast.parse(NESTED)) if isinstance(node, ast.Import) for alias in node.names}
    assert every <= set(module._imported(path, "house.nested"))


def test_an_import_by_a_computed_name_is_noticed(tmp_path, monkeypatch):
    house(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(module.sys.modules)
    __import__("house.unrelated")
    assert uncovered("house.claims", str(tmp_path), before) == [tmp_path / "house" / "unrelated.py"]


def forget_the_house() -> None:
    """Other tests have imported a house that lay elsewhere."""
    for name in [name for name in module.sys.modules if name.partition(".")[0] == "house"]:
        del module.sys.modules[name]


def of_file(path: Path) -> ModuleType:
    """A module that says it comes from ``path``."""
    made = ModuleType("house.unrelated")
    made.__file__ = str(path)
    return made


def test_a_module_in_the_place_of_another_is_noticed_and_nothing_is_asked_twice(tmp_path, monkeypatch):
    forget_the_house()
    before = module.imported()
    assert module.imported() is before
    house(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    first = importlib.import_module("house.unrelated")
    assert module.imported() - before == {"house", "house.unrelated"}
    there = tmp_path / "elsewhere.py"
    there.write_text("x = 3\n")
    monkeypatch.setitem(module.sys.modules, first.__name__, of_file(there))
    module.imported()
    assert str(there) in module._IMPORTED


def test_a_file_saved_after_its_hash_is_found_at_every_look(tmp_path, monkeypatch):
    house(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    forget_the_house()
    mark(tmp_path)
    importlib.import_module("house.claims")
    assert module.saved_since_hashed("house.claims", str(tmp_path)) == []
    late = tmp_path / "house" / "parts" / "samplers.py"
    module._FOUND.discard(late)
    module._LOOKED_AT.clear()
    late.write_text(late.read_text() + "\nlate = 1\n")
    assert [module.saved_since_hashed("house.claims", str(tmp_path)) for _ in range(2)] == [[late], [late]]


def test_a_worker_refuses_a_result_of_other_code_than_the_task_names(tmp_path):
    house(tmp_path)
    arguments = {"module": "house.claims", "claim": "H-1", "statement": "one", "candidate": "printed"}
    run = "verification.checks.symbolic:run"
    honest = Assignment(run, arguments, 60.0, 1 << 30, str(tmp_path), mark(tmp_path))()
    assert honest["status"] == "DONE"
    other = Assignment(run, arguments, 60.0, 1 << 30, str(tmp_path), "0123456789abcdef")()
    assert other["status"] == "FAILED"
    assert "changed while the run was starting" in other["message"]
    elsewhere = Assignment(run, arguments, 60.0, 1 << 30, str(tmp_path), "0123456789abcdef", "/another/checkout")()
    assert "the code in /another/checkout" in elsewhere["message"] and str(module.ROOT) in elsewhere["message"]


LATE = '''
from pathlib import Path

from verification.authoring.shorthand import Paper, equals

paper = Paper("late")


def value():
    if {saved}:
        Path(__file__).with_name("{name}_constants.py").write_text("one = 1  # saved again")
    from {name}_constants import one

    return one


@paper.claim("L-1", "p. 1")
def late():
    """A value."""
    yield equals("one", printed=1, derived=value, wrong={{"two": 2}})
'''


@pytest.mark.parametrize(("saved", "status"), [(False, "DONE"), (True, "FAILED")])
def test_a_file_saved_between_its_hash_and_an_import_inside_a_task_gives_no_result(tmp_path, saved, status):
    name = f"late_{status.lower()}"
    (tmp_path / f"{name}.py").write_text(LATE.format(saved=saved, name=name))
    (tmp_path / f"{name}_constants.py").write_text("one = 1")
    hashed = fingerprint(name, str(tmp_path))
    arguments = {"module": name, "claim": "L-1", "statement": "one", "candidate": "printed"}
    outcome = Assignment("verification.checks.symbolic:run", arguments, 60.0, 1 << 30, str(tmp_path), hashed)()
    assert (outcome["status"], "was saved while the run was at work" in outcome["message"]) == (status, saved)


MANY = '''
import numpy as np
from verification.authoring.shorthand import Paper, equals, measured
from verification.forms import Samples

paper = Paper("elsewhere", experiments=40)


def coin(arguments, draw):
    return Samples(np.full(draw.n, 1.0))


@paper.claim("ELSE-1", "p. 1")
def value():
    """A value."""
    runs = [measured(coin, lambda form: form, point=i) for i in range(40)]
    yield equals("one", printed=1, derived=lambda: 1, wrong={"two": 2}, measured=runs)
'''


def asked(known: Catalogue, ids: list[str]) -> set[str]:
    """Keys of what a run over some claims asks for, the stages after the pilots included, as if pilots were done."""
    found = investigations(known, ids, resolution=0.05)
    pilots = Result(
        Status.DONE, {"n": 2048, "mean": 1.0, "deviation": 1.0, "skewness": 1.0, "bounded": False, "rounding": 0.0}
    )
    keys: set[str] = set()
    for investigation in found:
        naming = investigation.next_tasks({})
        names = {task.key: Result(Status.DONE, execute(task.function, task.arguments)) for task in naming}
        first = investigation.next_tasks(names)
        results = names | {task.key: pilots for task in first if task.function.endswith(":pilot")}
        keys |= {task.key for task in [*first, *investigation.next_tasks(results)]}
    return keys


def test_forty_experiments_elsewhere_make_no_result_of_this_paper_stale(tmp_path):
    (tmp_path / "many.py").write_text(MANY)
    ids = ["SC-024", "SC-027"]
    alone = asked(catalogue(), ids)
    joined = catalogue((*installed(), *project([tmp_path / "many.py"]).sources))
    assert len(joined.claim("ELSE-1").statements[0].experiments) == 40
    assert asked(joined, ids) == alone
    assert len(alone) > 30


def test_a_paper_with_more_experiments_than_its_budget_is_refused_by_name(tmp_path):
    (tmp_path / "too_many.py").write_text(MANY.replace("experiments=40", "experiments=39"))
    known = catalogue(project([tmp_path / "too_many.py"]).sources)
    with pytest.raises(ClaimError, match=r"paper elsewhere divides .* experiments=39"):
        investigations(known, ["ELSE-1"], resolution=0.05)


def test_the_experiments_of_a_claim_whose_verdict_stands_are_counted_without_making_it(monkeypatch):
    known = catalogue()
    claim = known.claim("SC-024")
    finding = Finding(Outcome.CONSISTENT, "fine")

    def stored(experiments: int, basis: str) -> dict[str, StoredVerdict]:
        findings = {"symbolic": finding} | {f"monte_carlo/number {i}": finding for i in range(experiments)}
        judged = StatementVerdict("one", Verdict.HOLDS, findings, {}, {})
        verdict = ClaimVerdict("SC-024", Verdict.HOLDS, ("CONSISTENT",), "fine", None, (judged,))
        return {"SC-024": StoredVerdict(verdict, (), "", 0.0, "", basis)}

    def count(experiments: int, basis: str = "this code") -> list[Any]:
        return investigations(known, ["SC-024"], resolution=0.05, verdicts=stored(experiments, basis))

    monkeypatch.setattr("verification.investigation.basis", lambda *_: "this code")
    monkeypatch.setattr(type(claim), "statements", property(lambda claim: pytest.fail("the claim was made")))
    assert isinstance(count(claim.paper.experiments)[0], ClaimInvestigation)
    with pytest.raises(ClaimError, match="divides its false-alarm budget"):
        count(claim.paper.experiments + 1)
    with pytest.raises(pytest.fail.Exception, match="the claim was made"):
        count(0, basis="other code")


@pytest.fixture
def long_running(monkeypatch):
    """A process that began after all files were saved."""
    monkeypatch.setattr(module, "_BEGAN", 2.0**40)
    module._framework_hash.cache_clear()
    yield
    module._framework_hash.cache_clear()


def stands_on(folder: Path, *settings: object) -> str:
    forget()
    return basis("house.claims", folder, *settings)


def test_a_verdict_stands_on_the_files_of_its_claim_and_on_the_settings(tmp_path, long_running):
    stood = stands_on(house(tmp_path), 0.05)
    assert stood and stands_on(tmp_path, 0.05) == stood != stands_on(tmp_path, 0.01)
    assert stands_on(house(tmp_path, deeper="factor = 2.0\n"), 0.05) != stood
    assert stands_on(house(tmp_path), 0.05) == stood


def test_a_verdict_stands_on_every_file_of_the_framework_and_of_the_report(tmp_path, long_running, monkeypatch):
    read: set[str] = set()
    monkeypatch.setattr(module, "_hash", lambda paths, root: read.update(map(str, paths)) or "")
    stands_on(house(tmp_path))
    files = [path for package in ("theory", "numerics", "verification") for path in (module.ROOT / package).rglob("*")]
    kinds = (".py", ".html", ".css")
    wanted = {str(path) for path in files if path.suffix in kinds and "papers" not in path.parts}
    unread = wanted - read - set(map(str, (module.ROOT / "verification/authoring/template").rglob("*")))
    assert unread == set()


def test_files_that_were_saved_while_a_run_starts_are_no_basis(tmp_path, long_running, monkeypatch):
    house(tmp_path)
    assert stands_on(tmp_path)
    saved = (tmp_path / "house" / "parts" / "deeper.py").stat().st_mtime
    monkeypatch.setattr(module, "_BEGAN", saved - 1)
    assert stands_on(tmp_path) == ""


def test_every_file_that_judges_belongs_to_what_every_result_depends_on():
    folders = ("theory", "numerics", "verification/checks", "verification/authoring", "verification/mutation")
    files = {path for folder in folders for path in (module.ROOT / folder).rglob("*.py")}
    files |= {module.ROOT / "verification" / name for name in ("claim.py", "forms.py")}
    covered = {path for pattern in module.CODE for path in module.ROOT.glob(pattern)}
    missing = files - covered - set((module.ROOT / "verification/authoring/template").rglob("*.py"))
    assert missing == set()
