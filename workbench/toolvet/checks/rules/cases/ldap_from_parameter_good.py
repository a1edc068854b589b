import ldap
import ldap.filter


def person(name: str) -> object:
    server = ldap.initialize("ldaps://directory.example.com")
    return server.search_s("dc=example", ldap.SCOPE_SUBTREE, "(cn=" + ldap.filter.escape_filter_chars(name) + ")")
