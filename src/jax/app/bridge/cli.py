"""ib-bridge: its job is described here and comes with the bridge protocol; nothing pretends to run yet."""

from jax.app import console

_PROGRAM = "ib-bridge"
app = console.new_app(
    "Holds the broker's side of the wire. The bridge is not built yet; the paper broker runs in jax-trader.",
    program=_PROGRAM,
)


def main() -> None:
    """Entry point of the console script."""
    console.run(app, program=_PROGRAM)


if __name__ == "__main__":
    main()
