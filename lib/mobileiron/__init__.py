"""MobileIron's two products, each by the API of its own."""

from lib.mobileiron.cloud import Cloud
from lib.mobileiron.core import Core

__all__ = ["Cloud", "Core"]
