"""The parts that are the same for all connectors."""

__version__ = "1.0.0"
