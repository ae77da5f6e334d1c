"""The plan's form of the command: `artifact-approver -id ID -approver NAME -type KIND -notes TEXT`.

Long options with one dash are nothing that the option parser knows: it would read `-id` as `-i -d`.
"""

from collections.abc import Sequence

_OPTIONS = {"approver": "--as", "type": "--type", "notes": "--reason"}
_ARTIFACT = "id"


def translated(arguments: Sequence[str]) -> list[str]:
    """`arguments` (without the program's name) as `approve ...` if they are of the plan's form.

    They are when no command comes first and one of them is a flag of the plan. Other options, such as
    `--yes`, stay as they are. A flag without a value is left to the option parser to complain about.
    """
    if not arguments or not arguments[0].startswith("-") or not any(map(_flag, arguments)):
        return list(arguments)
    artifacts: list[str] = []
    options: list[str] = []
    remaining = iter(arguments)
    for argument in remaining:
        flag = _flag(argument)
        if flag is None:
            options.append(argument)
            continue
        name, written, given = flag
        value = given if written else next(remaining, None)
        if name == _ARTIFACT:
            artifacts = [] if value is None else [value]
        elif value is None:
            options.append(_OPTIONS[name])
        else:
            options.append(f"{_OPTIONS[name]}={value}")
    return ["approve", *options, *(["--", *artifacts] if artifacts else [])]


def _flag(argument: str) -> tuple[str, str, str] | None:
    """Name, `=` or nothing, and value of a flag of the plan, with one dash or two."""
    name, written, value = argument.removeprefix("-").removeprefix("-").partition("=")
    known = argument.startswith("-") and (name in _OPTIONS or name == _ARTIFACT)
    return (name, written, value) if known else None
