"""A mock server for Okta: its Users API, as far as a reader of people needs it."""

from sandbox.okta.app import Okta

__all__ = ["Okta"]
