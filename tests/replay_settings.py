"""The trader's settings for bars of another time: as they come, at any hour, one upon the other."""

REPLAY = {
    "MAX_QUOTE_AGE_SECONDS": "0",
    "MUST_BE_IN_SESSION": "false",
    "REPEAT_AFTER_SECONDS": "0",
    "MAX_CYCLE_NOTIONAL_PCT": "0",
    "MAX_DAILY_RISK": "1000000",
    # What is approved is executed by whoever tests it.
    "RUN_EVERY_SECONDS": "0",
}
