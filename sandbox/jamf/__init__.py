"""A stand-in for Jamf Pro (once the Casper Suite): sign-in, the Classic API, the Jamf Pro API."""

from sandbox.jamf.app import JamfPro

__all__ = ["JamfPro"]
