"""A mock server for BambooHR: the employee directory, custom reports and single employees."""

from sandbox.bamboohr.app import BambooHR

__all__ = ["BambooHR"]
