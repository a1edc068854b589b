"""What a program tries that runs as the person: in a shell, or in a cell of a notebook.

Run with the id of a proposal in an environment that knows the home; prints what came of each
attempt as JSON. It may read everything that the person's own processes may read.
"""

import base64
import http.cookiejar
import json
import os
import re
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jupyter_server.serverapp import list_running_servers

sys.path.insert(0, str(Path(__file__).parents[1] / "journeys"))

from stage import TOOLVET, at_terminal

from toolvet.audit import envelopes
from toolvet.audit.errors import WrongPassphraseError
from toolvet.audit.keys import PersonKey, SealedKey, prove_possession
from toolvet.client.acts import Pen
from toolvet.client.client import Client
from toolvet.client.connect import connect
from toolvet.config import Settings
from toolvet.errors import ToolvetError
from toolvet_reviews.views import ProposalView

MADE_UP = "hunter2hunter2"
SILENT = "(nothing reached the service)"
Tried = tuple[str, bool, str]
"""What was tried, whether it reached the service, and with which code it was refused."""


class Forger:
    """Somebody with every token and file of this user, and without the passphrase."""

    def __init__(self, proposal: str) -> None:
        self.proposal = proposal
        found = next(iter(list_running_servers()))
        self.url, self.token = str(found["url"]), str(found["token"])
        self.settings = Settings.from_env()
        self.client: Client = connect(self.settings, start=False).client
        self.key = PersonKey(Ed25519PrivateKey.generate())
        self.owner = self.page("toolvet/key")["owner"]["principal"]

    @property
    def view(self) -> ProposalView:
        """The proposal."""
        return self.client.show(self.proposal)

    @property
    def pen(self) -> Pen:
        """A key of one's own that claims to be the person's."""
        return Pen(self.client.service(), self.key, self.owner)

    def page(self, path: str, body: object = None, **headers: str) -> Any:
        """Ask the Jupyter server with the token that lies in its runtime folder."""
        data = None if body is None else json.dumps(body).encode()
        given = {"Authorization": f"token {self.token}", **headers}
        return opened(urllib.request.build_opener(), self.url + path, data, given)

    def browser(self, path: str, body: object) -> Any:
        """Ask it like a page in which somebody is logged in: by cookie."""
        opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
        opener.open(f"{self.url}login?token={self.token}", timeout=30).close()
        headers = {"X-XSRFToken": "beef", "Cookie": "_xsrf=beef"}
        return opened(opener, self.url + path, json.dumps(body).encode(), headers)

    def vote(self) -> str:
        """Sign what the server writes, with the wrong key."""
        shown = self.page(f"toolvet/proposals/{self.proposal}")["ballot"]
        wanted = {"act": "vote", "proposal": self.proposal, "dossier": shown["dossier"]}
        return self.signed(wanted)

    def signed(self, wanted: dict[str, str]) -> str:
        """Get a statement and sign it."""
        found = self.page("toolvet/statements", wanted)["statement_b64"]
        return envelopes.sign(base64.b64decode(found), self.key).decode()

    def at_terminal(self, *arguments: str, **env: str) -> str:
        """Answer every question, with a made-up passphrase; answer the code of the refusal."""
        done = at_terminal([*TOOLVET, *arguments], {**os.environ, **env}, MADE_UP)
        codes = re.findall(r"\b[a-z_]+\.[a-z_]+\b", done.out)
        return "" if done.code == 0 else next(iter(reversed(codes)), f"exit code {done.code}")


def opened(opener: Any, url: str, data: bytes | None, headers: dict[str, str]) -> Any:
    request = urllib.request.Request(url, data, headers)
    try:
        with opener.open(request, timeout=60) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return json.loads(error.read())


def by_page(forger: Forger) -> Iterator[Tried]:
    here = f"toolvet/proposals/{forger.proposal}"
    against = {"digest": forger.view.revision_digest, "note": "fine by me"}
    yield "a vote without a signature", True, code(forger.page(f"{here}/vote", {"envelope": "{}"}))
    vote = {"envelope": forger.vote()}
    yield "a vote by another key", True, code(forger.page(f"{here}/vote", vote))
    yield "the same, logged in as a browser", True, code(forger.browser(f"{here}/vote", vote))
    login = {"envelope": forger.signed({"act": "login"})}
    yield "a login by another key", True, code(forger.page("toolvet/login", login))
    yield "a rejection without a session", True, code(forger.page(f"{here}/reject", against))
    yield (
        "a made-up session",
        False,
        code(forger.page(f"{here}/request-changes", against, **{"X-Toolvet-Session": "tv_x"})),
    )
    yield "a comment as the person", False, code(forger.page(f"{here}/comment", {"text": "Good!"}))


def by_service(forger: Forger) -> Iterator[Tried]:
    view, client = forger.view, forger.client
    vote = forger.vote().encode()
    yield "the API: a vote by another key", True, refused(lambda: client.vote(view.id, vote))
    yield (
        "the API: a rejection with the local token",
        True,
        refused(lambda: client.reject(view.id, view.revision_digest, "no")),
    )
    proof = prove_possession(forger.key, client.service().service_id)
    public = forger.key.public.hex()
    yield "the API: a second first key", True, refused(lambda: client.pin_key(public, proof))
    person = forger.pen.add_principal("me", "human", ["reviewer"], None)
    yield (
        "the API: a person of one's own",
        True,
        refused(lambda: client.add_principal(person.envelope, person.document)),
    )
    easy = client.policy().text.replace("approvals = 1", "approvals = 0") + "\n# edited\n"
    applied = forger.pen.apply_policy(easy)
    yield "the API: an edited policy", True, refused(lambda: client.apply_policy(applied, easy))


def by_hand(forger: Forger, folder: Path) -> Iterator[Tried]:
    sealed = SealedKey.from_json(forger.page("toolvet/key")["document"])
    yield "the sealed key, a made-up passphrase", False, guessed(sealed)
    yield (
        "`toolvet approve`, a made-up passphrase",
        False,
        forger.at_terminal("approve", forger.proposal),
    )
    own = str(folder / "config")
    yield (
        "`toolvet key create` in a folder of one's own",
        False,
        forger.at_terminal("key", "create", TOOLVET_CONFIG=own),
    )
    yield (
        "`toolvet approve` with that key",
        False,
        forger.at_terminal("approve", forger.proposal, TOOLVET_CONFIG=own),
    )
    edited = folder / "policy.toml"
    edited.write_text(forger.client.policy().text + "\n# nobody needs to look\n")
    yield (
        "`toolvet policy apply` of an edited file",
        False,
        forger.at_terminal("policy", "apply", str(edited)),
    )


def code(answer: Any) -> str:
    return str(answer.get("error", {}).get("code", ""))


def refused(act: Callable[[], object]) -> str:
    try:
        act()
    except ToolvetError as error:
        return error.code
    return ""


def guessed(sealed: SealedKey) -> str:
    try:
        sealed.unseal(MADE_UP)
    except WrongPassphraseError as error:
        return error.code
    return ""


def main(proposal: str) -> str:
    """Try everything."""
    forger = Forger(proposal)
    with tempfile.TemporaryDirectory() as folder:
        tried = [*by_page(forger), *by_service(forger), *by_hand(forger, Path(folder))]
    forger.client.close()
    return json.dumps(tried)


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1]) + "\n")
