"""Secrets and mounts as the log says them: what is in force, and what is void."""

from dataclasses import replace
from typing import Any

from toolvet.audit.rows import compare_rows
from toolvet_reviews import bindings, digests
from toolvet_reviews.bindings import MountBinding, SecretBinding
from toolvet_reviews.events import Verb

ID = "018f0000-0000-7000-8000-0000000000a1"
OTHER_ID = "018f0000-0000-7000-8000-0000000000a2"
SECRET = SecretBinding(
    ID, "MAIL_PASSWORD", ("growth/*",), ("mail.example.com",), digests.sha256(b"1")
)
MOUNT = MountBinding(ID, "traces", "/data/traces", "read", ("growth/*",))


def bound(
    town: Any, verb: Verb, said: SecretBinding | MountBinding, *, target: str = "", **words: Any
) -> None:
    kind = "secret" if isinstance(said, SecretBinding) else "mount"
    fields = (
        bindings.secret_json(said) if isinstance(said, SecretBinding) else bindings.mount_json(said)
    )
    before = (town.ledger.secrets | town.ledger.mounts).get(said.name)
    facts = {kind: before.binding.id} if before and verb is not Verb.SECRET_ROTATE else {}
    facts |= {"mode": said.mode} if isinstance(said, MountBinding) else {}
    about = town.about(kind, fields, facts)
    town.act(town.by_person(verb, (kind, target or said.id), **about), town.anna, **words)


def stopped(town: Any, verb: Verb, kind: str, id_: str) -> None:
    town.write(town.by_person(verb, (kind, id_), auth="token"))


def test_a_signed_secret_is_in_force_until_it_is_deleted(town: Any) -> None:
    bound(town, Verb.SECRET_SET, SECRET)
    there = town.ledger.secrets["MAIL_PASSWORD"].binding
    stopped(town, Verb.SECRET_DELETE, "secret", ID)

    assert there == SECRET
    assert town.ledger.secrets == {}
    assert town.problems() == []


def test_a_rotation_changes_the_value_and_nothing_else(town: Any) -> None:
    bound(town, Verb.SECRET_SET, SECRET)
    other = replace(SECRET, commitment=digests.sha256(b"2"))
    bound(town, Verb.SECRET_ROTATE, other)
    wider = replace(other, hosts=("evil.example.com", "mail.example.com"))
    bound(town, Verb.SECRET_ROTATE, wider)
    bound(town, Verb.SECRET_ROTATE, replace(other, id=OTHER_ID))

    assert town.ledger.secrets["MAIL_PASSWORD"].binding == other
    assert town.problems() == ["secret.other_scope", "secret.unknown"]


def test_setting_a_secret_again_replaces_its_scope(town: Any) -> None:
    bound(town, Verb.SECRET_SET, SECRET)
    again = replace(SECRET, id=OTHER_ID, hosts=("",))
    bound(town, Verb.SECRET_SET, again)
    stopped(town, Verb.SECRET_DELETE, "secret", ID)

    assert town.ledger.secrets["MAIL_PASSWORD"].binding == again
    assert town.problems() == ["secret.unknown"]


def test_a_secret_nobody_signed_for_is_void(town: Any) -> None:
    about = town.about("secret", bindings.secret_json(SECRET), {})
    town.write(town.by_person(Verb.SECRET_SET, ("secret", ID), **about))

    assert town.ledger.secrets == {}
    assert town.problems() == ["act.unsigned"]


def test_a_document_that_was_exchanged_binds_nothing(town: Any) -> None:
    about = town.about("secret", bindings.secret_json(SECRET), {})
    draft, envelope = town.sign(town.by_person(Verb.SECRET_SET, ("secret", ID), **about), town.anna)
    document = {**about["payloads"]["document"], "hosts": ["evil.example.com"]}
    town.write(replace(draft, payloads={"document": document}), act=envelope)

    assert town.ledger.secrets == {}
    assert town.problems() == ["document.differs"]


def test_what_was_replaced_does_not_come_back_when_its_successor_is_erased(town: Any) -> None:
    bound(town, Verb.MOUNT_BIND, MOUNT)
    facts = {"mode": "read", "mount": ID}
    about = town.about("mount", bindings.mount_json(replace(MOUNT, id=OTHER_ID)), facts)
    draft = town.by_person(Verb.MOUNT_BIND, ("mount", OTHER_ID), **about)
    signed, envelope = town.sign(draft, town.anna)
    town.write(replace(signed, payloads={"document": None}), act=envelope)
    erased = dict(town.ledger.mounts)
    stopped(town, Verb.MOUNT_UNBIND, "mount", OTHER_ID)

    assert (erased, town.ledger.mounts) == ({}, {})
    assert town.problems() == []


def test_an_entry_that_hides_what_it_replaces_is_void(town: Any) -> None:
    bound(town, Verb.SECRET_SET, SECRET)
    about = town.about("secret", bindings.secret_json(replace(SECRET, id=OTHER_ID)), {})
    town.act(town.by_person(Verb.SECRET_SET, ("secret", OTHER_ID), **about), town.anna)

    assert town.ledger.secrets["MAIL_PASSWORD"].binding == SECRET
    assert town.problems() == ["secret.in_force"]


def test_an_erased_secret_is_bound_to_nothing_and_may_still_be_deleted(town: Any) -> None:
    bound(town, Verb.SECRET_SET, SECRET)
    about = town.about("secret", bindings.secret_json(SECRET), {})
    draft = town.by_person(Verb.SECRET_ROTATE, ("secret", ID), **about)
    signed, envelope = town.sign(draft, town.anna)
    town.write(replace(signed, payloads={"document": None}), act=envelope)
    bound(town, Verb.SECRET_ROTATE, SECRET)
    stopped(town, Verb.SECRET_DELETE, "secret", ID)

    assert town.ledger.secrets == {}
    assert town.problems() == []


def test_an_entry_about_another_secret_than_its_document_is_void(town: Any) -> None:
    bound(town, Verb.SECRET_SET, SECRET, target=OTHER_ID)
    bound(town, Verb.SECRET_SET, replace(SECRET, hosts=("*",)))

    assert town.problems() == ["secret.differs", "secret.invalid"]


def test_a_signed_folder_is_in_force_until_it_is_unbound(town: Any) -> None:
    bound(town, Verb.MOUNT_BIND, MOUNT)
    there = town.ledger.mounts["traces"].binding
    stopped(town, Verb.MOUNT_UNBIND, "mount", ID)
    stopped(town, Verb.MOUNT_UNBIND, "mount", ID)

    assert there == MOUNT
    assert town.ledger.mounts == {}
    assert town.problems() == ["mount.unknown"]


def test_a_mount_whose_entry_says_another_mode_is_void(town: Any) -> None:
    about = town.about("mount", bindings.mount_json(MOUNT), {"mode": "write"})
    town.act(town.by_person(Verb.MOUNT_BIND, ("mount", ID), **about), town.anna)

    assert town.ledger.mounts == {}
    assert town.problems() == ["mount.differs"]


def test_rows_that_the_log_does_not_say_are_named(town: Any) -> None:
    bound(town, Verb.SECRET_SET, SECRET)
    bound(town, Verb.MOUNT_BIND, MOUNT)
    entry = town.ledger.mounts["traces"].entry
    rows = {"secrets": [{"entry": 999}], "mounts": [{"entry": entry, "mode": "write"}]}

    found = {(one.table, one.id) for one in compare_rows(town.ledger, rows)}

    assert {("secrets", "999"), ("mounts", str(entry))} <= found
    assert ("secrets", str(town.ledger.secrets["MAIL_PASSWORD"].entry)) in found
