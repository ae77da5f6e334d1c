"""Writes the fingerprints of drills anew: `python -m tests.replay.record_drills`; say why in the commit."""

import asyncio
import json

from tests.replay.drills import DRILLS, FINGERPRINTS, drilled
from tests.replay.scenario import NAMES, read_scenario

SEED = 1


def main() -> None:
    found = {
        drill: {name: asyncio.run(drilled(drill, read_scenario(name), SEED)).fingerprint for name in NAMES}
        for drill in DRILLS
    }
    FINGERPRINTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
