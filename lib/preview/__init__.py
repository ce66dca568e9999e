"""Preview a run without sending anything: check a section, explain a record."""
