"""The `[effects]` of a specification: everything a tool says it may do. Pure; no I/O.

A declaration that promises less than it asks for is refused: a pure tool that wants the network, a
credential sent in the clear, a secret over raw TCP.
"""

import ipaddress
import re
from typing import cast

from toolvet_reviews.bundle import Credential, Effects, FileMount, NetworkRule
from toolvet_reviews.fields import Table
from toolvet_reviews.values import EFFECT_KINDS, EffectKind, Json, JsonObject

PROTOCOLS = ("https", "http", "smtp", "tcp")
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
CREDENTIAL_FORMS = ("bearer", "basic", "smtp-login")

_LONGEST_HOST = 253
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_HEADER = re.compile(r"header:[A-Za-z][A-Za-z0-9-]{0,63}\Z")
SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}\Z")
MOUNT_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_WORD = MOUNT_NAME
_TOOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,127}\Z")
_PATH = re.compile(r"/[!-~]{0,199}\Z")


def read(table: Table) -> Effects:
    """Read the effects of a specification.

    Raises:
        SpecError: They say something they may not.
    """
    effects = Effects(
        kind=cast("EffectKind", table.choice("kind", EFFECT_KINDS, "pure")),
        network=table.each("network", _network),
        visible_secrets=_words(table, "visible_secrets", SECRET_NAME),
        files=table.each("files", _mount),
        store=_words(table, "store", _WORD),
        tools=_words(table, "tools", _TOOL),
    )
    table.done()
    _check_kind(table, effects)
    return effects


def to_json(effects: Effects) -> JsonObject:
    """Write everything the effects say."""
    return {
        "kind": effects.kind,
        "network": [_network_json(rule) for rule in effects.network],
        "visible_secrets": [*effects.visible_secrets],
        "files": [{"name": mount.name, "mode": mount.mode} for mount in effects.files],
        "store": [*effects.store],
        "tools": [*effects.tools],
    }


def _check_kind(table: Table, effects: Effects) -> None:
    if effects.kind == "pure":
        for field in ("network", "visible_secrets", "files", "store", "tools"):
            if getattr(effects, field):
                hint = 'A tool that reads is kind = "read", one that changes something "write".'
                raise table.error(field, "a pure tool has no effects", hint=hint)
    if effects.kind == "read":
        _check_reads(table, effects)


def _check_reads(table: Table, effects: Effects) -> None:
    hint = 'Declare kind = "write".'
    if effects.store:
        raise table.error("store", "a read tool keeps no records", hint=hint)
    if any(mount.mode == "write" for mount in effects.files):
        raise table.error("files", "a read tool writes no files", hint=hint)
    if any(rule.protocol == "smtp" for rule in effects.network):
        raise table.error("network", "a read tool sends no mail", hint=hint)


def _words(table: Table, field: str, form: re.Pattern[str]) -> tuple[str, ...]:
    words = table.texts(field)
    for word in words:
        if not form.match(word):
            raise table.error(field, f"{word[:80]!r} is not a name that can stand here")
    return words


def _mount(table: Table) -> FileMount:
    name = table.text("name")
    if not _WORD.match(name):
        raise table.error("name", f"{name[:80]!r} is not snake_case")
    mount = FileMount(name, table.choice("mode", ("read", "write")))
    table.done()
    return mount


def _network(table: Table) -> NetworkRule:
    protocol = table.choice("protocol", PROTOCOLS)
    rule = NetworkRule(
        host=_host(table),
        port=table.integer("port", least=1, most=65_535),
        protocol=protocol,
        methods=_methods(table),
        paths=_words(table, "paths", _PATH),
        credential=_credential(table.table("credential"), protocol)
        if table.has("credential")
        else None,
    )
    table.done()
    if (rule.methods or rule.paths) and protocol not in ("https", "http"):
        raise table.error("methods" if rule.methods else "paths", f"{protocol} knows none")
    return rule


def _host(table: Table) -> str:
    host = table.text("host", longest=_LONGEST_HOST)
    if not is_host(host):
        hint = "One host in lower case; a pattern cannot stand here."
        raise table.error("host", f"{host[:80]!r} is not a host name", hint=hint)
    return host


def is_host(text: str) -> bool:
    """Tell whether a text is one host as specifications write it: a name, or an address."""
    if _is_address(text):
        return True
    labels = text.split(".")
    return (
        len(text) <= _LONGEST_HOST
        and all(_LABEL.match(label) for label in labels)
        and not labels[-1].isdigit()
    )


def _is_address(host: str) -> bool:
    try:
        return str(ipaddress.ip_address(host)) == host and "%" not in host
    except ValueError:
        return False


def _methods(table: Table) -> tuple[str, ...]:
    methods = table.texts("methods")
    for method in methods:
        if method not in METHODS:
            raise table.error("methods", f"expected some of {', '.join(METHODS)}")
    return methods


def _credential(table: Table, protocol: str) -> Credential:
    said = Credential(
        secret=table.text("secret"),
        as_=table.text("as"),
        user=table.text("user", ""),
    )
    table.done()
    if not SECRET_NAME.match(said.secret):
        raise table.error("secret", "expected a name such as MAIL_PASSWORD, never the secret")
    if said.as_ not in CREDENTIAL_FORMS and not _HEADER.match(said.as_):
        raise table.error("as", f"expected {', '.join(CREDENTIAL_FORMS)} or header:NAME")
    wanted = "smtp" if said.as_ == "smtp-login" else "https"
    if protocol != wanted:
        hint = (
            "Over tcp the tool would see it itself: visible_secrets." if protocol == "tcp" else ""
        )
        raise table.error("as", f"{said.as_} goes over {wanted} only, not {protocol}", hint=hint)
    if said.as_ in ("basic", "smtp-login") and not said.user:
        raise table.error("user", f"{said.as_} needs a user")
    return said


def _network_json(rule: NetworkRule) -> JsonObject:
    said: JsonObject = {"host": rule.host, "port": rule.port, "protocol": rule.protocol}
    lists: dict[str, list[Json]] = {"methods": [*rule.methods], "paths": [*rule.paths]}
    said.update({name: items for name, items in lists.items() if items})
    if rule.credential is not None:
        credential: JsonObject = {"secret": rule.credential.secret, "as": rule.credential.as_}
        if rule.credential.user:
            credential["user"] = rule.credential.user
        said["credential"] = credential
    return said
