"""Mock servers for MobileIron Cloud (Ivanti Neurons for MDM) and MobileIron Core (Ivanti EPMM)."""

from sandbox.mobileiron.cloud import MobileIronCloud
from sandbox.mobileiron.core import MobileIronCore

__all__ = ["MobileIronCloud", "MobileIronCore"]
