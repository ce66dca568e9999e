"""Where records go: what a run asks of a target, of which Oomnitza is the only one."""
