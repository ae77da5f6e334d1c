"""A bundle is its bytes: nothing can be changed in it unseen, and nothing in it points elsewhere."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.bundle import Bundle, SourceFile, bundle_of, decode_bundle
from jax.domain.canonical_json import (
    LARGEST_DOCUMENT_BYTES,
    Json,
    canonical_bytes,
    sha256_of,
)
from jax.domain.errors import InvalidValue
from tests.unit.domain.json_values import texts
from tests.unit.domain.refusals import refusal_of

_names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True)
_paths = st.lists(_names, min_size=1, max_size=3).map(lambda parts: "/".join(parts) + ".py")
_files = st.lists(
    st.builds(SourceFile, _paths, texts), min_size=1, max_size=4, unique_by=lambda file: file.path
)


def a_bundle() -> Bundle:
    return bundle_of([SourceFile("user/mine.py", "ONE = 1\n"), SourceFile("user/sums.py", "# Zo\u00eb\n")])


def _decoded(document: bytes) -> Bundle | None:
    try:
        return decode_bundle(document)
    except InvalidValue:
        return None


@given(_files)
def test_what_is_encoded_is_decoded(files: list[SourceFile]) -> None:
    bundle = bundle_of(files)
    assert decode_bundle(bundle.encoded()) == bundle


@given(files=_files, order=st.randoms())
def test_the_order_in_which_files_were_found_does_not_matter(files: list[SourceFile], order: object) -> None:
    shuffled = list(files)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands over a random.Random
    assert bundle_of(shuffled) == bundle_of(files)
    assert bundle_of(shuffled).encoded() == bundle_of(files).encoded()


@given(_files, _files)
def test_two_bundles_have_one_hash_only_if_they_are_the_same(
    first: list[SourceFile], second: list[SourceFile]
) -> None:
    assert (bundle_of(first).sha256 == bundle_of(second).sha256) == (bundle_of(first) == bundle_of(second))


@given(_files, st.data())
def test_any_changed_byte_is_refused_or_changes_the_hash(
    files: list[SourceFile], pick: st.DataObject
) -> None:
    bundle = bundle_of(files)
    document = bundle.encoded()
    at = pick.draw(st.integers(min_value=0, max_value=len(document) - 1))
    byte = pick.draw(st.integers(min_value=0, max_value=255).filter(lambda byte: byte != document[at]))
    found = _decoded(document[:at] + bytes([byte]) + document[at + 1 :])
    assert found is None or found.sha256 != bundle.sha256


def test_every_byte_of_a_bundle_counts() -> None:
    bundle = a_bundle()
    document = bundle.encoded()
    for at in range(len(document)):
        for flip in (0x01, 0x20, 0x80):
            changed = document[:at] + bytes([document[at] ^ flip]) + document[at + 1 :]
            found = _decoded(changed)
            assert found is None or found.sha256 != bundle.sha256, (at, flip)


@given(_files, st.data())
def test_any_cut_or_added_byte_is_refused(files: list[SourceFile], pick: st.DataObject) -> None:
    document = bundle_of(files).encoded()
    cut = pick.draw(st.integers(min_value=0, max_value=len(document) - 1))
    assert _decoded(document[:cut]) is None
    assert _decoded(document + b"\n") is None


@given(files=_files, source=texts, pick=st.data())
def test_a_changed_source_changes_the_hash(files: list[SourceFile], source: str, pick: st.DataObject) -> None:
    at = pick.draw(st.integers(min_value=0, max_value=len(files) - 1))
    changed = [*files[:at], SourceFile(files[at].path, source), *files[at + 1 :]]
    assert (bundle_of(changed).sha256 == bundle_of(files).sha256) == (source == files[at].source)


def test_the_hash_is_over_path_hash_and_size_of_each_file() -> None:
    sources = {"user/mine.py": b"ONE = 1\n", "user/sums.py": "# Zo\u00eb\n".encode()}
    listed: Json = [
        {"path": path, "sha256": sha256_of(source), "size": len(source)} for path, source in sources.items()
    ]
    assert a_bundle().sha256 == sha256_of(canonical_bytes(listed))


@pytest.mark.parametrize(
    "path",
    [
        *("../a.py", "a/../b.py", "a/..py", "..", "./a.py", "a/./b.py", ".a.py", "a/.b.py"),
        *("/a.py", "//a.py", "a//b.py", "a/", "C:/a.py", "C:\\a.py", "a\\b.py", "..\\a.py", "~/a.py"),
        *("", ".py", "a/.py", "a", "a.pyc", "a.PY", "a.py/", "a.py.txt", "a/b"),
        # Two paths of one module, or of none.
        *("a.b.py", "a-b.py", "1a.py", "a b.py", "a/1/b.py", "\u00e4.py"),
        *("a.py\n", "\na.py", "a\nb.py", "a\x00.py", "a.py\x00", " a.py", "a.py "),
    ],
    ids=ascii,
)
def test_refuses_a_path_that_is_not_of_a_module_below_the_root(path: str) -> None:
    refusal = refusal_of(lambda: SourceFile(path, ""))
    assert refusal is not None
    assert refusal.field == "path"
    assert repr(path) in refusal.problem


@pytest.mark.parametrize("path", ["a.py", "__init__.py", "jax/domain/strategies/ma.py", "_a/B2.py"])
def test_takes_a_path_of_a_module(path: str) -> None:
    assert SourceFile(path, "").path == path


@pytest.mark.parametrize("paths", [[], ["b.py", "a.py"], ["a.py", "a.py"]], ids=str)
def test_files_are_at_least_one_sorted_and_each_once(paths: list[str]) -> None:
    with pytest.raises(InvalidValue, match="files: must be at least one, sorted by path, each path once"):
        Bundle(tuple(SourceFile(path, "") for path in paths))


def test_one_path_twice_is_refused_however_the_files_were_found() -> None:
    with pytest.raises(InvalidValue, match="files"):
        bundle_of([SourceFile("a.py", "1"), SourceFile("a.py", "2")])


def _document(entries: Sequence[Json]) -> bytes:
    return canonical_bytes(list(entries))


def _entry(**changes: Json) -> dict[str, Json]:
    source = b"ONE = 1\n"
    entry: dict[str, Json] = {
        "path": "a.py",
        "sha256": sha256_of(source),
        "size": len(source),
        "source": source.decode(),
    }
    return entry | changes


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (canonical_bytes({}), "bundle: is not a list of files"),
        (canonical_bytes("text"), "bundle: is not a list of files"),
        (b"[]", "files: must be at least one"),
        (b"not json", "bundle: not JSON"),
        (_document([_entry()]) + b" ", "bundle: the bytes are not the canonical spelling"),
        (_document(["a.py"]), "bundle: an entry has no path or no source"),
        (_document([{"path": "a.py"}]), "bundle: an entry has no path or no source"),
        (_document([{"source": ""}]), "bundle: an entry has no path or no source"),
        (_document([_entry(path=1)]), "bundle: an entry has no path or no source"),
        (_document([_entry(source=None)]), "bundle: an entry has no path or no source"),
        (_document([_entry(path="../a.py")]), "path: '../a.py' is not the relative POSIX path"),
        (_document([_entry(size=9)]), "bundle: a file's recorded hash or size is not that of its source"),
        (_document([_entry(sha256=sha256_of(b""))]), "bundle: a file's recorded hash or size is not that of"),
        (_document([_entry(mode=0o644)]), "bundle: a file's recorded hash or size is not that of its source"),
        (
            _document([{"path": "a.py", "source": ""}]),
            "bundle: a file's recorded hash or size is not that of",
        ),
        (_document([_entry(), _entry()]), "files: must be at least one, sorted by path, each path once"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_refuses_a_document_that_no_bundle_wrote(document: bytes, problem: str) -> None:
    assert decode_bundle(_document([_entry()])).files == (SourceFile("a.py", "ONE = 1\n"),)
    with pytest.raises(InvalidValue) as refusal:
        decode_bundle(document)
    assert str(refusal.value).startswith(problem)


def test_a_bundle_that_could_not_be_read_back_is_not_written() -> None:
    around = len(Bundle((SourceFile("a.py", ""),)).encoded()) - len("0")
    room = LARGEST_DOCUMENT_BYTES - around
    longest = Bundle((SourceFile("a.py", "x" * (room - len(str(room)))),))
    assert len(longest.encoded()) == LARGEST_DOCUMENT_BYTES
    assert decode_bundle(longest.encoded()) == longest
    longer = Bundle((SourceFile("a.py", longest.files[0].source + "x"),))
    with pytest.raises(InvalidValue, match="bundle: has 1048577 bytes, more than the 1048576 allowed"):
        longer.encoded()
