"""Writes the fingerprints of the real windows anew: `python -m tests.replay.record_real_windows`."""

import asyncio
import json

from tests.replay.decision_history import SHIPPED
from tests.replay.real_windows import FINGERPRINTS, WINDOWS, fingerprint, window_scenario
from tests.replay.scenario_replay import replayed


def main() -> None:
    found = {
        name: {
            strategy.name: fingerprint(asyncio.run(replayed(window_scenario(name), strategy)))
            for strategy in SHIPPED
        }
        for name in WINDOWS
    }
    FINGERPRINTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
