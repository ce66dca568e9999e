"""MobileIron: clients of its two products, Cloud and Core, which have APIs of their own."""

from lib.mobileiron.cloud import Cloud
from lib.mobileiron.core import Core

__all__ = ["Cloud", "Core"]
