from flask import request, session

ROLES = {"reader", "writer"}


def role() -> None:
    # ruleid: trust-boundary
    session["role"] = request.form["role"]


def named() -> None:
    key = request.args.get("key")
    # ruleid: trust-boundary
    session[key] = "1"


def checked() -> None:
    wanted = request.form["role"]
    if wanted not in ROLES:
        raise ValueError(wanted)
    # ok: trust-boundary
    session["role"] = wanted
