"""Text of others as a person may safely be shown it."""


def visible(text: str, *, ascii_only: bool = False) -> str:
    """`text` with every character that does not print as itself written out, such as `<U+202E>`.

    A terminal would act on control characters, and reorder or hide what stands beside others (Boucher and
    Anderson, "Trojan Source", 2021): what is approved must be what is seen. With `ascii_only`, for source
    code, letters that only look like others are written out as well.
    """
    return "".join(c if _is_plain(c, ascii_only=ascii_only) else f"<U+{ord(c):04X}>" for c in text)


def _is_plain(character: str, *, ascii_only: bool) -> bool:
    return character.isprintable() and (character.isascii() or not ascii_only)
