"""A mock server for Jasper Wireless, today Cisco IoT Control Center: its SOAP and its REST API."""

from sandbox.jasper.app import Jasper

__all__ = ["Jasper"]
