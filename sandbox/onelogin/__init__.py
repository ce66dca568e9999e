"""A mock server for OneLogin: sign-in, API /1, API /2, and the old XML API."""

from sandbox.onelogin.app import OneLogin

__all__ = ["OneLogin"]
