"""The error of everything that stands between a bundle's bytes and a running strategy."""


class BundleRefused(ValueError):
    """The bundle does not hold a strategy that may run; the message says where, why, and what to write."""
