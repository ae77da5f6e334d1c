"""What is signed: an in-toto Statement v1 about exactly one subject."""

from collections.abc import Mapping
from dataclasses import dataclass

from jax.domain import payload_fields
from jax.domain.canonical_json import Json, NotCanonical, canonical_bytes, strict_parse
from jax.domain.errors import InvalidValue

TYPE = "https://in-toto.io/Statement/v1"
_PREFIX = "sha256:"


@dataclass(frozen=True, slots=True)
class Statement:
    """`predicate` is said of the bytes that hash to `subject_sha256`."""

    predicate_type: str
    subject_name: str
    subject_sha256: str
    predicate: Mapping[str, Json]

    def encoded(self) -> bytes:
        """The statement as canonical JSON: the bytes that are signed."""
        digest: Json = {"sha256": self.subject_sha256.removeprefix(_PREFIX)}
        return canonical_bytes(
            {
                "_type": TYPE,
                "predicate": self.predicate,
                "predicateType": self.predicate_type,
                "subject": [{"digest": digest, "name": self.subject_name}],
            }
        )

    def fields(self, predicate_type: str, *keys: str) -> Mapping[str, Json]:
        """The predicate, if it is of this type and has exactly these keys; InvalidValue otherwise."""
        if self.predicate_type != predicate_type:
            raise InvalidValue("predicateType", f"is {self.predicate_type!r}, not {predicate_type!r}")
        return payload_fields.section("predicate", self.predicate, keys=frozenset(keys))


def parse_statement(document: bytes) -> Statement:
    """The statement that canonical `document` spells; InvalidValue names the field that is wrong."""
    try:
        top = payload_fields.section(
            "statement",
            strict_parse(document),
            keys=frozenset({"_type", "predicate", "predicateType", "subject"}),
        )
    except NotCanonical as error:
        raise InvalidValue("statement", str(error)) from error
    if top["_type"] != TYPE:
        raise InvalidValue("_type", f"is {top['_type']!r}, not {TYPE!r}")
    subjects = top["subject"]
    if not isinstance(subjects, list) or len(subjects) != 1:
        raise InvalidValue("subject", "must be a list of exactly one subject")
    subject = payload_fields.section("subject", subjects[0], keys=frozenset({"digest", "name"}))
    digest = payload_fields.section("subject.digest", subject["digest"], keys=frozenset({"sha256"}))
    return Statement(
        predicate_type=payload_fields.text("predicateType", top["predicateType"]),
        subject_name=payload_fields.text("subject.name", subject["name"]),
        subject_sha256=payload_fields.hex_sha256("subject.digest.sha256", digest["sha256"]),
        predicate=payload_fields.mapping("predicate", top["predicate"]),
    )
