"""Directories: the one door to ldap3, and a faster way to read entries."""
