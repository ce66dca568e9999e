"""The results of runs, for people and for programs."""
