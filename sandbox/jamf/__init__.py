"""A mock server for Jamf Pro (once Casper Suite): sign-in, the Classic API, the Jamf Pro API."""

from sandbox.jamf.app import JamfPro
from sandbox.jamf.state import COMPUTERS, MOBILE_DEVICES

__all__ = ["COMPUTERS", "MOBILE_DEVICES", "JamfPro"]
