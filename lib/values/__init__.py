"""Values in records: paths to them, dates, tests for emptiness, and conversion to JSON types."""
