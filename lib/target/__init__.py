"""The interface of a target, the service to which records are uploaded."""
