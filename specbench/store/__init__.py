"""The DuckDB store: ingested from result folders, published whole."""
