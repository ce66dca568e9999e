"""From a record of a source to one of Oomnitza's."""
