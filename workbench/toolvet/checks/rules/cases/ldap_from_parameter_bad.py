import ldap


def person(name: str) -> object:
    server = ldap.initialize("ldaps://directory.example.com")
    return server.search_s("dc=example", ldap.SCOPE_SUBTREE, "(cn=" + name + ")")
