"""A mock server for an LDAP directory, such as OpenLDAP; a server of its own, without packages."""

from sandbox.directory.entries import GROUPS, PEOPLE, SUFFIX, company
from sandbox.directory.messages import PAGED_RESULTS, Outcome
from sandbox.directory.server import ADMIN_DN, Directory
from sandbox.directory.state import Asked
from sandbox.directory.tree import Entry, Tree

__all__ = [
    "ADMIN_DN",
    "GROUPS",
    "PAGED_RESULTS",
    "PEOPLE",
    "SUFFIX",
    "Asked",
    "Directory",
    "Entry",
    "Outcome",
    "Tree",
    "company",
]
