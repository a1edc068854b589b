import logging

log = logging.getLogger(__name__)


def send(name: str) -> None:
    log.info(f"sent to {name}")


def fail(reason: str) -> None:
    logging.error("failed: " + reason)
