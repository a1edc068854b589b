"""The egress broker: the only way out of a run, by its declared hosts."""

from toolvet.sandbox.broker.broker import Broker, host_trust
from toolvet.sandbox.broker.doors import endpoints_of
from toolvet.sandbox.broker.errors import Reason, RefusedError, RulesError
from toolvet.sandbox.broker.events import EVENTS_MAX, EventLog, NetworkEvent
from toolvet.sandbox.broker.http1 import HttpLimits, HttpReply, HttpRequest, refusal, serve_http
from toolvet.sandbox.broker.limits import BrokerLimits
from toolvet.sandbox.broker.tls import Authority

__all__ = [
    "EVENTS_MAX",
    "Authority",
    "Broker",
    "BrokerLimits",
    "EventLog",
    "HttpLimits",
    "HttpReply",
    "HttpRequest",
    "NetworkEvent",
    "Reason",
    "RefusedError",
    "RulesError",
    "endpoints_of",
    "host_trust",
    "refusal",
    "serve_http",
]
