"""A mock server for AirWatch, which is called Workspace ONE UEM today: sign-in and the MDM API."""

from sandbox.airwatch.app import AirWatch

__all__ = ["AirWatch"]
