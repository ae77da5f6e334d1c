"""The trader over HTTP."""
