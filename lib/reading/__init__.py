"""Ways of reading a source: by pages or offsets, several requests at once, from a checkpoint."""
