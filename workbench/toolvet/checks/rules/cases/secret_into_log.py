import logging
import os

log = logging.getLogger(__name__)


def tells(ctx: object) -> None:
    key = ctx.secret("crm")
    # ruleid: secret-into-log
    log.info("using %s", key)
    # ruleid: secret-into-log
    print("token", os.environ["API_TOKEN"])


def signs_in(user: str, password: str) -> None:
    # ruleid: secret-into-log
    log.debug(f"login of {user} with {password}")


def keeps(ctx: object, password: str) -> None:
    key = ctx.secret("crm")
    answer = ctx.fetch(key, password)
    # ok: secret-into-log
    log.info("signed in: %s", answer)
    # ok: secret-into-log
    log.info("length %d", len(key))
