"""Self-contained HTML pages: the report of a batch, the explorer of a recording."""
