"""A mock server for Zendesk Support: users and organizations, API tokens and OAuth clients."""

from sandbox.zendesk.app import Zendesk

__all__ = ["Zendesk"]
