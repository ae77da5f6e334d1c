"""What the modules need from the world: one Protocol a file, and the errors that all of them share.

The contract tests in tests/contract say the rest, and every adapter passes them.
"""
