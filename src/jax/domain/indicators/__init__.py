"""Indicators as recurrences over bars; each module is part of the bundle of every strategy that uses it."""
