"""From a declared name to a connection: resolved here, checked, and dialled by that very address.

A name is looked up for every connection anew, every address of the answer is checked, and the
checked number is what is connected to: an answer that changes in between gains nothing.
Source: the special-purpose registries of IANA (RFC 6890), RFC 6052 and RFC 3056 for embedded ones.
"""

import asyncio
import functools
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from toolvet.sandbox.broker.errors import Reason, RefusedError

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a name, as numbers."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_TRIED_MAX = 4
_EACH_S = 4.0
"""For one address of several to answer."""
_RESOLVING_MAX = 16
"""Names that all runs together look up at once."""

_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        # that are not public, whatever this version of `ipaddress` thinks
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15",
        "224.0.0.0/4", "240.0.0.0/4", "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23",
        "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        "168.63.129.16/32",  # public by its number, the host's own services at one provider
    )
)  # fmt: skip
_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
"""Services that hand a machine's credentials to whoever asks, where they are not link-local."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """Ask the operating system, in threads of our own: a name server may take its time."""
    loop = asyncio.get_running_loop()
    ask = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await loop.run_in_executor(_resolving(), ask)
    return [str(place[0]) for *_, place in found]


@functools.cache
def _resolving() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_RESOLVING_MAX, thread_name_prefix="resolve")


def is_public(address: _Address) -> bool:
    """Tell whether an address, and every address that it carries, belongs to the open internet."""
    inner = _embedded(address)
    if inner is not None:
        return is_public(inner) and not _is_tunnel(address)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _NEVER if network.version == address.version)
    )


def _embedded(address: _Address) -> ipaddress.IPv4Address | None:
    """Find the IPv4 address that a translator or tunnel would reach."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64 or int(address) >> 32 & 0xFFFF_FFFF in _ISATAP:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _is_tunnel(address: _Address) -> bool:
    """Tell 6to4 and ISATAP, which lead through somebody else, from what the kernel translates."""
    is_mapped = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None
    return not is_mapped and address not in _NAT64


def is_never(address: _Address) -> bool:
    """Tell whether no operator's word opens an address that a name led to.

    An operator who allows a name means a machine of theirs, not the metadata service that its
    owner may let it point to.
    """
    plain = _embedded(address) or address
    return plain.is_unspecified or plain.is_multicast or plain.is_link_local or plain in _METADATA


class Dialer:
    """Opens connections to declared hosts, and to nothing that they must not lead to."""

    def __init__(self, private: frozenset[str], resolver: Resolver, timeout_s: float) -> None:
        """Keep the rules.

        Args:
            private: Names that the operator allows to lead to addresses that are not public.
            resolver: Asked for every connection.
            timeout_s: To resolve and connect.
        """
        self._private = private
        self._resolver = resolver
        self._timeout_s = timeout_s
        self._asking: dict[str, asyncio.Future[Sequence[str]]] = {}

    async def connect(self, host: str, port: int) -> socket.socket:
        """Open a connection; the caller owns it.

        Raises:
            RefusedError: The name leads nowhere, or where it must not, or nobody answers.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                addresses = await self._checked(host, port)
                return await _first(addresses, port)
        except TimeoutError:
            raise RefusedError(Reason.UNREACHABLE, f"{host}:{port} does not answer") from None

    async def _checked(self, host: str, port: int) -> list[_Address]:
        addresses = await self._resolve(host, port)
        for address in addresses:
            self._check(host, address)
        return addresses[:_TRIED_MAX]

    async def _resolve(self, host: str, port: int) -> list[_Address]:
        literal = _parse(host)
        if literal is not None:
            return [literal]
        try:
            answers = await self._ask(host, port)
        except (OSError, UnicodeError):
            raise RefusedError(Reason.UNRESOLVED, f"{host} has no address") from None
        found = [address for address in map(_parse, dict.fromkeys(answers)) if address is not None]
        if not found or len(found) != len(set(answers)):
            raise RefusedError(Reason.UNRESOLVED, f"{host} has no address that can be used")
        return found

    async def _ask(self, host: str, port: int) -> Sequence[str]:
        """Look a name up; who asks meanwhile gets the same answer, and no thread of its own."""
        asking = self._asking.get(host)
        if asking is None:
            asking = asyncio.ensure_future(self._resolver(host, port))
            self._asking[host] = asking
            asking.add_done_callback(functools.partial(self._answered, host))
        return await asyncio.shield(asking)

    def _answered(self, host: str, asking: asyncio.Future[Sequence[str]]) -> None:
        del self._asking[host]
        if not asking.cancelled():
            asking.exception()  # heard of, even when whoever asked has left

    def _check(self, host: str, address: _Address) -> None:
        if host in self._private:
            if is_never(address) and _parse(host) is None:
                raise RefusedError(Reason.ADDRESS, f"{host} leads to {address}")
            return
        if not is_public(address) or _is_ours(address):
            raise RefusedError(
                Reason.ADDRESS,
                f"{host} leads to an address that is not public; an operator can allow the name",
            )


def _parse(text: str) -> _Address | None:
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_ours(address: _Address) -> bool:
    """Tell whether an address is this very machine's: then the route to it starts at itself."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(address), 9))  # of a datagram socket: nothing is sent
            return probe.getsockname()[0] == str(address)
    except OSError:
        return False  # no route: connecting will say so


async def _first(addresses: Sequence[_Address], port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    problem = "no address"
    for address in addresses:
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        connection = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            async with asyncio.timeout(_EACH_S):
                await loop.sock_connect(connection, (str(address), port))
        except OSError as error:
            connection.close()
            problem = error.strerror or "no answer"
        except BaseException:
            connection.close()
            raise
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
    raise RefusedError(Reason.UNREACHABLE, f"nobody answers there: {problem}")
