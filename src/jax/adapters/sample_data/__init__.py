"""Daily bars from CSV files: a file of one's own, or the real series that a package brings along."""
