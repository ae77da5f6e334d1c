"""Market data in Parquet files."""
