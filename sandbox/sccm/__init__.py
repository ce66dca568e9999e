"""A mock of the site database of Microsoft SCCM (Configuration Manager)."""

from sandbox.sccm.database import Sccm

__all__ = ["Sccm"]
