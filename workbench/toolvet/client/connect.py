"""Find the service a person means, start the local one when it sleeps, and check whom we reached."""

from dataclasses import dataclass, replace

from toolvet.client import autostart
from toolvet.client.client import Client
from toolvet.client.errors import AnswerError
from toolvet.client.private import read_token
from toolvet.client.seen import Memory
from toolvet.client.shapes import API
from toolvet.client.transport import HttpTransport
from toolvet.config import VERSION, Paths, Settings
from toolvet.errors import HomeError, UnreachableError
from toolvet_reviews.values import Seat
from toolvet_reviews.views import ServiceView


@dataclass(frozen=True)
class Connection:
    """A client, and the service it reached."""

    client: Client
    service: ServiceView
    settings: Settings


def connect(settings: Settings, *, seat: Seat = "cli", start: bool = True) -> Connection:
    """Reach the service, remote or local.

    Args:
        seat: What the log will say the caller sat at.
        start: Start the local service when none answers.

    Raises:
        UnreachableError: Nothing answers, or the service could not be started.
        LogChangedError: Its log does not extend what was seen before.
        TokenFileError: The file of `TOOLVET_TOKEN_FILE` holds no token of one's own.
    """
    settings = named(settings)
    client = remote(settings, seat) if settings.url else local(settings, seat)
    memory = Memory(settings.config_dir / "seen")
    try:
        view = memory.trusted(client)
    except UnreachableError:
        if settings.url or not start:
            raise
        autostart.ensure_running(settings)
        client = local(settings, seat)  # the token may be as new as the service
        view = memory.trusted(client)
    if not settings.url and start and view.version != VERSION:
        autostart.ensure_running(settings)
        view = memory.trusted(client)
    if view.api != API:
        raise AnswerError(
            f"the service speaks version {view.api} of the API, this program version {API}",
            hint="Upgrade the older of the two.",
        )
    return Connection(client, view, settings)


def trusted(connection: Connection) -> ServiceView:
    """Ask the service anew who it is and where its log stands, and check it as `connect` does.

    Raises:
        LogChangedError: Its log does not extend what was seen before.
    """
    return Memory(connection.settings.config_dir / "seen").trusted(connection.client)


def named(settings: Settings) -> Settings:
    """Read the token file, where one is set and no token is.

    Raises:
        TokenFileError: It is missing, open to others, or holds no token.
    """
    if settings.token or settings.token_file is None:
        return settings
    return replace(settings, token=read_token(settings.token_file))


def remote(settings: Settings, seat: Seat) -> Client:
    """Make a client for `TOOLVET_URL`."""
    return Client(HttpTransport.url(settings.url), settings.token, seat)


def local(settings: Settings, seat: Seat) -> Client:
    """Make a client for the service of the home."""
    token = settings.token or local_token(settings.paths)
    return Client(HttpTransport.unix(settings.paths.socket), token, seat)


def local_token(paths: Paths) -> str:
    """Read the token in the home; empty when there is none."""
    try:
        return paths.token.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise HomeError(f"cannot read {paths.token}: {error}") from error
