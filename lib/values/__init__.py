"""Values in records: the way to one, dates, and what can be sent."""
