"""The run of one section, from its records to what is left behind."""
