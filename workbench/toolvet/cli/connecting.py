"""Connect one agent: look at everything, ask the person, sign, write, and try it.

The agent is a principal that the person at the terminal signs for and answers for. Its token goes
into a file that only they can read; over stdio the configuration names that file, so that it holds
no secret.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from toolvet.cli.desk import Desk
from toolvet.cli.output import say
from toolvet.cli.progress import Progress
from toolvet.client import mcp_config, terminal
from toolvet.client.client import Client
from toolvet.client.connections import Connections, Link, Place, token_id
from toolvet.client.errors import RemoteError
from toolvet.client.mcp_config import Config
from toolvet.errors import ConflictError, ToolvetError
from toolvet_reviews.values import JsonObject, Role
from toolvet_reviews.views import DoctorLine, GrantView, PrincipalView
from toolvet_reviews.words import one_line

UpTo = Literal["none", "pure", "read", "write", "destructive"]
UP_TO: tuple[UpTo, ...] = ("none", "pure", "read", "write", "destructive")
EVERYTHING = "*/*"
NEEDED = frozenset({"author", "caller"})
"""What an agent must be to submit tools and to call them."""
ABOUT = """\
{agent} becomes an agent of yours: it proposes tools, and calls those it was granted. You answer
for it, {person}; it cannot decide. Your key signs that it is there."""
AGAIN = """\
{agent} is an agent of yours already. It gets a new token, and the one it has stops, signed for by
you, {person}."""
IN_GIT = """\
{path}
lies in a git work tree and would hold the token, readable by you only: whoever commits it gives
the token away. Over stdio (without --http) it holds no secret."""
WHICH = """\
Which published tools may {agent} call? None, or all up to an effect: pure (computes only), read,
write, destructive."""


class AgentTakenError(ConflictError):
    """The name belongs to somebody who is not an agent that this command could connect."""

    code: ClassVar[str] = "connect.agent_taken"
    hint = "Choose another name with --as; `toolvet user list` shows who is there."


class GivenUpError(ToolvetError):
    """The person said no."""

    code: ClassVar[str] = "connect.given_up"


@dataclass(frozen=True)
class Wish:
    """What the words on the command line ask for."""

    agent: str
    server: str
    up_to: UpTo | None
    """None: ask."""
    config: Config | None
    """None: print."""
    over_http: bool
    show_token: bool

    @property
    def path(self) -> str:
        """Where the configuration will lie; empty when it is printed."""
        return str(self.config.path) if self.config else ""


@dataclass(frozen=True)
class Connected:
    """What was made."""

    agent: str
    principal: str
    is_new: bool
    up_to: UpTo
    """What it may call of everything that is published, as far as grants of this form say."""
    transport: Literal["stdio", "http"]
    server: str
    path: str
    """Empty when the configuration was printed."""
    token_file: str
    checked: str
    """What a round trip through the configuration found."""
    works: bool
    others: tuple[str, ...]
    """Configurations that hold the token that was stopped."""
    config: JsonObject
    """Without the token, unless it was asked for."""


class Connecting:
    """One connection in the making: everything is looked at before anything is signed."""

    def __init__(self, desk: Desk, wish: Wish) -> None:
        self._desk = desk
        self._wish = wish
        self._settings = desk.settings
        self._connections = Connections(desk.settings.config_dir, desk.service.service_id)

    def run(self) -> Connected:
        """Do it.

        Raises:
            AgentTakenError: The name is somebody else's.
            ServerTakenError: The key in the configuration is.
            GivenUpError: The person said no; nothing was done.
            NoTerminalError: There is no person.
        """
        entry = self._entry()
        self._look(entry)
        self._desk.pen()  # asks for the passphrase
        session = self._desk.client.as_(self._desk.client.login(self._desk.pen().login()))
        agent, token, is_new = self._agent(session)
        up_to = self._grant(session, agent)
        place = Place(self._wish.path, self._wish.server, entry)
        with self._connections.held():
            before = self._connections.find(agent.name)
            self._keep(agent, token, place, before)
        self._settle(session, agent.name)
        line = self._try(place)
        shown = mcp_config.with_token(entry, token) if self._wish.show_token else entry
        return Connected(
            agent=agent.name,
            principal=agent.id,
            is_new=is_new,
            up_to=up_to,
            transport="http" if self._wish.over_http else "stdio",
            server=self._wish.server,
            path=self._wish.path,
            token_file=str(self._connections.token_file(agent.name)),
            others=_others(before, place),
            checked=line.message if line.ok else f"{line.message} [{line.code}]",
            works=line.ok,
            config={mcp_config.SERVERS: {self._wish.server: shown}},
        )

    def _entry(self) -> JsonObject:
        if self._wish.over_http:
            return mcp_config.endpoint(mcp_config.address(self._settings))
        return mcp_config.bridge(self._settings, self._connections.token_file(self._wish.agent))

    def _look(self, entry: JsonObject) -> None:
        """Refuse what could only fail later, and say what is about to be done."""
        owner, config = self._desk.me(), self._wish.config
        if config is not None:
            links = self._connections.all()
            named = {(one.path, one.server) for link in links for one in link.places}
            ours = (str(config.path), self._wish.server) in named
            mcp_config.check_free(config, self._wish.server, ours=ours)
        database = self._settings.database
        local = not self._wish.over_http and not self._settings.url
        if local and database and mcp_config.has_password(database):
            say("TOOLVET_DATABASE has a password, so the configuration does not name it:")
            say("start the service yourself, with `toolvet serve`.")
        known = self._seen(owner.principal) or self._connections.find(self._wish.agent)
        said = AGAIN if known else ABOUT
        terminal.say(said.format(agent=self._wish.agent, person=one_line(owner.name)))
        if config is not None and self._wish.over_http and mcp_config.in_work_tree(config.path):
            terminal.say(IN_GIT.format(path=one_line(str(config.path))))
            if not terminal.confirm("Write it there all the same?"):
                raise GivenUpError("nothing was signed and nothing written")

    def _seen(self, person: str) -> PrincipalView | None:
        """Find the principal as far as the token at hand may look, before the person types."""
        if not self._desk.client.token:
            return None
        found = _named(self._desk.client, self._wish.agent)
        if found is not None:
            _check_agent(found, person)
        return found

    def _agent(self, session: Client) -> tuple[PrincipalView, str, bool]:
        """Find or make the principal, with a fresh token."""
        me, name = self._desk.me(), self._wish.agent
        found = _named(session, name)
        if found is None:
            roles: list[Role] = ["author", "caller"]
            signed = self._desk.pen().add_principal(name, "agent", roles, me.principal)
            added = session.add_principal(signed.envelope, signed.document)
            return added.principal, added.token or "", True
        _check_agent(found, me.principal)
        return found, session.issue_token(name).token, False

    def _grant(self, session: Client, agent: PrincipalView) -> UpTo:
        """Let it call, if the person says so; what it may do already is not asked again."""
        have = _granted(session.grants(), agent)
        wanted = self._wish.up_to or (have if have != "none" else _ask_up_to(agent.name))
        if wanted == "none" or UP_TO.index(wanted) <= UP_TO.index(have):
            return have
        signed = self._desk.pen().add_grant(agent.id, EVERYTHING, wanted, None)
        session.add_grant(signed.envelope, signed.document)
        return wanted

    def _keep(self, agent: PrincipalView, token: str, place: Place, before: Link | None) -> None:
        """Write token, record and configuration, in this order: each is of use without the next."""
        link = Link(agent.name, agent.id, token_id(token))
        if before is not None:
            stale = (*before.stale, before.token)
            link = replace(link, places=before.places, stale=stale)
        self._connections.write_token(agent.name, token)
        self._connections.keep_at(link, place)
        if self._wish.config is not None:
            entry = mcp_config.with_token(place.entry, token)
            data = mcp_config.merged(self._wish.config, place.server, entry)
            mcp_config.write(self._wish.config, data, secret=self._wish.over_http)

    def _settle(self, session: Client, agent: str) -> None:
        """Stop the tokens that were replaced, those of a run that broke off too."""
        with self._connections.held():
            link = self._connections.find(agent)
            if link is not None:
                for token in link.stale:
                    _revoke(session, token)
                self._connections.keep(replace(link, stale=()))

    def _try(self, place: Place) -> DoctorLine:
        import asyncio

        from toolvet.cli.round_trip import check

        with Progress("trying it"):
            return asyncio.run(check(self._connections, self._wish.agent, place))


def _named(client: Client, name: str) -> PrincipalView | None:
    return next((one for one in client.principals() if one.name == name), None)


def _check_agent(found: PrincipalView, person: str) -> None:
    name = found.name
    if not found.active:
        raise AgentTakenError(f"{name} was revoked, and its name stays taken")
    if found.kind != "agent":
        raise AgentTakenError(f"{name} is a {found.kind}, not an agent")
    if found.sponsor != person:
        raise AgentTakenError(f"{name} answers to somebody else")
    if not set(found.roles) >= NEEDED:
        raise AgentTakenError(f"{name} may not both submit and call")


def _granted(grants: Sequence[GrantView], agent: PrincipalView) -> UpTo:
    receivers = {agent.id, *(f"role:{role}" for role in agent.roles)}
    ranks = [
        UP_TO.index(one.up_to)
        for one in grants
        if one.to in receivers and one.tool == EVERYTHING and one.expires is None
    ]
    return UP_TO[max(ranks, default=0)]


def _ask_up_to(name: str) -> UpTo:
    terminal.say(WHICH.format(agent=name))
    while True:
        said = terminal.ask("Up to [none]: ").strip() or "none"
        for known in UP_TO:
            if said == known:
                return known


def _revoke(session: Client, token: str) -> None:
    try:
        session.revoke_token(token)
    except RemoteError as error:
        if error.code != "not_found":
            raise


def _others(before: Link | None, place: Place) -> tuple[str, ...]:
    """Name the configurations that hold the token that was just stopped."""
    if before is None:
        return ()
    return tuple(
        f"{one.path} ({one.server})"
        for one in before.without(place).places
        if one.path and one.entry["type"] == "http"
    )
