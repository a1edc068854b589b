import logging

log = logging.getLogger(__name__)


def sent(name: str) -> None:
    # ruleid: log-from-parameter
    log.info(f"sent to {name}")


def failed(ctx: object, reason: str) -> None:
    # ruleid: log-from-parameter
    ctx.log.warning("failed: " + reason)


def field(ctx: object, name: str) -> None:
    # ok: log-from-parameter
    ctx.log.info("sent", name=name)


def folded(name: str) -> None:
    # ok: log-from-parameter
    log.info("sent to " + name.replace("\n", " "))


def number(count: int) -> None:
    # ok: log-from-parameter
    log.info(f"sent {count}")
