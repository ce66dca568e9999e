"""What measures speed and memory; run by `make bench`, never by the tests."""
