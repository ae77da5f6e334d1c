"""Golden baselines: what running services answered once, and whether they still do."""
