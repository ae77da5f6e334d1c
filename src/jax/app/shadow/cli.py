"""jax-shadow: its job is described here and comes with the shadow comparison; nothing pretends to run yet."""

from jax.app import console

_PROGRAM = "jax-shadow"
app = console.new_app(
    "Compares this trader's decisions with an older executor's. The comparison is not built yet.",
    program=_PROGRAM,
)


def main() -> None:
    """Entry point of the console script."""
    console.run(app, program=_PROGRAM)


if __name__ == "__main__":
    main()
