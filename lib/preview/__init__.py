"""What a run would meet and do, without running."""
