"""The inner loops: plain functions over arrays and scalars, which also compile."""
