"""Tools: object store and parquet."""
