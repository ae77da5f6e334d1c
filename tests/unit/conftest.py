"""How hypothesis runs: the same examples in every run, and no limit on an example's time.

`pytest --hypothesis-profile explore tests/unit` looks for new examples, more of them each time.
"""

from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True, database=None, print_blob=True)
settings.register_profile("explore", deadline=None, max_examples=2000, print_blob=True)
if settings.get_current_profile_name() == "default":
    settings.load_profile("repeatable")
