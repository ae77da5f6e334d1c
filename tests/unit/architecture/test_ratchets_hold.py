"""Jax keeps its own rules of shape, names, determinism and money; the exceptions may only become fewer."""

from tests.architecture.checkout import JAX, ROOT, SRC, module_name
from tests.architecture.machine_traces import project_files
from tests.architecture.ratchets import doors, exceptions, money, names, shape
from tests.architecture.ratchets.source import Finding, Source, parse, sources_below

LISTED = 0  # exceptions in exceptions.toml: lower it when one goes, never raise it

FOR_ALL = (shape.long_files, shape.long_functions, names.empty_names)
FOR_JAX = (
    *(shape.many_parameters, shape.swappable_parameters, shape.assertions),
    *(doors.open_doors, money.float_money),
)


def findings() -> list[Finding]:
    platform: list[Source] = sources_below(JAX, root=SRC)
    around = [
        parse(module_name(file, below=ROOT), file.read_text(encoding="utf-8"))
        for file in project_files(ROOT)
        if file.suffix == ".py" and not file.is_relative_to(JAX)
    ]
    return [
        *(finding for source in (*platform, *around) for rule in FOR_ALL for finding in rule(source)),
        *(finding for source in platform for rule in FOR_JAX for finding in rule(source)),
    ]


def test_every_breach_is_a_listed_exception_and_every_exception_is_needed() -> None:
    listed = exceptions.read(exceptions.FILE.read_text(encoding="utf-8"))
    complaints = sorted(exceptions.complaints(findings(), listed))
    assert not complaints, "\n".join(("", *complaints))


def test_the_list_of_exceptions_has_not_grown() -> None:
    assert len(exceptions.read(exceptions.FILE.read_text(encoding="utf-8"))) == LISTED


def test_the_ratchets_see_the_whole_platform() -> None:
    seen = {source.module for source in sources_below(JAX, root=SRC)}
    assert {"jax", "jax.domain", "jax.domain.order", "jax.adapters"} <= seen
