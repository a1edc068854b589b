import logging

log = logging.getLogger(__name__)


def send(name: str, names: list[str]) -> None:
    log.info("sent to %s", name)
    log.info(f"sent {len(names)}")
