"""Run sections: read, filter, map, and send their records, and record the result."""
