"""LDAP: a client of directories on top of ldap3, with a faster decoder of entries."""
