"""Building blocks for reading a source: pagination, concurrent requests, reading by checkpoint."""
