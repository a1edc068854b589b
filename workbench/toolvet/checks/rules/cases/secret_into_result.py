import os


def told(ctx: object) -> dict[str, str]:
    key = ctx.secret("crm")
    # ruleid: secret-into-result
    return {"status": "ok", "debug": f"key={key}"}


def failed() -> None:
    token = os.environ["API_TOKEN"]
    # ruleid: secret-into-result
    raise ValueError("refused: " + token)


def kept(ctx: object) -> dict[str, str]:
    key = ctx.secret("crm")
    answer = ctx.fetch(key)
    # ok: secret-into-result
    return {"status": answer}
