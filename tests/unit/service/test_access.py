"""To which names a service answers, by where it listens and whether it has a token."""

from jax.app.http.guard import LOOPBACK_NAMES, Access, access_on


def test_without_a_token_a_service_answers_to_names_of_this_machine_and_its_own_only() -> None:
    assert access_on("127.0.0.9", None) == Access(token=None, hosts=LOOPBACK_NAMES | {"127.0.0.9"})


def test_with_a_token_it_answers_to_whatever_a_proxy_calls_it() -> None:
    assert access_on("0.0.0.0", "correct-horse-battery") == Access("correct-horse-battery", hosts=None)
