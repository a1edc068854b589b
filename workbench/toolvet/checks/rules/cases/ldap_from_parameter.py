import re

import ldap
from ldap3.utils.conv import escape_filter_chars


def person(connection: object, name: str) -> object:
    # ruleid: ldap-from-parameter
    return connection.search_s("dc=example", ldap.SCOPE_SUBTREE, f"(cn={name})")


def member(server: object, group: str) -> object:
    wanted = "(&(objectClass=group)(cn=" + group + "))"
    # ruleid: ldap-from-parameter
    return server.search("dc=example,dc=com", wanted, attributes=["member"])


def entry(conn: object, unit: str) -> object:
    # ruleid: ldap-from-parameter
    return conn.search(search_base=f"ou={unit},dc=example", search_filter="(cn=*)")


def escaped(connection: object, name: str) -> object:
    # ok: ldap-from-parameter
    return connection.search_s("dc=example", ldap.SCOPE_SUBTREE, f"(cn={escape_filter_chars(name)})")


def no_directory(text: str) -> object:
    # ok: ldap-from-parameter
    return re.search(r"\d+", text)
