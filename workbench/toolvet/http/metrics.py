"""What a Prometheus server reads, in its text format 0.0.4."""

from collections import Counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from toolvet.config import VERSION
from toolvet.engine.services import Services


class Counting:
    """Counts answers by class of status, such as `2xx`."""

    def __init__(self, app: ASGIApp, answers: Counter[str]) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and count its answer."""

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._answers[f"{message['status'] // 100}xx"] += 1
            await send(message)

        await self._app(scope, receive, counted)


def text(services: Services, answers: Counter[str]) -> str:
    """Write every metric."""
    lines = _metric("toolvet_info", "gauge", "Version and tier of the walls.")
    lines.append(f'toolvet_info{{version="{VERSION}",tier="{services.tier.tier}"}} 1')
    lines += _metric("toolvet_log_entries", "counter", "Entries of the audit log.")
    lines.append(f"toolvet_log_entries {services.standing.ledger.size}")
    lines += _metric("toolvet_tools_served", "gauge", "Tools in the catalogue.")
    lines.append(f"toolvet_tools_served {len(services.catalogue.snapshot.served)}")
    lines += _metric("toolvet_tools_refused", "gauge", "Tools the log points to and nobody serves.")
    lines.append(f"toolvet_tools_refused {len(services.catalogue.snapshot.problems)}")
    lines += _metric(
        "toolvet_refusals_unrecorded", "counter", "Refusals that the log could not take."
    )
    lines.append(f"toolvet_refusals_unrecorded {services.refusals.unrecorded}")
    lines += _pool(services)
    lines += _metric("toolvet_http_answers", "counter", "Answers by class of status.")
    lines += [f'toolvet_http_answers{{status="{s}"}} {n}' for s, n in sorted(answers.items())]
    return "\n".join(lines) + "\n"


def _pool(services: Services) -> list[str]:
    state = services.pool.state()
    figures = (
        ("toolvet_pool_tools_up", "Tools whose fork server is up.", state.zygotes),
        ("toolvet_pool_bytes", "Memory that they hold, as measured.", int(state.mib * 2**20)),
        ("toolvet_calls_waiting", "Calls that wait for their turn.", state.waiting),
        ("toolvet_tools_fenced", "Versions left alone after crashes.", len(state.fenced)),
    )
    return [
        line
        for name, what, value in figures
        for line in (*_metric(name, "gauge", what), f"{name} {value}")
    ]


def _metric(name: str, kind: str, what: str) -> list[str]:
    return [f"# HELP {name} {what}", f"# TYPE {name} {kind}"]
