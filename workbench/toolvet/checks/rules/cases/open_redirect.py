from urllib.parse import urlparse

from flask import redirect, request, url_for

HOSTS = {"www.example.com"}


def back() -> object:
    # ruleid: open-redirect
    return redirect(request.args.get("next", "/"))


def onwards(target: str) -> object:
    # ruleid: open-redirect
    return redirect("https://" + target)


def known() -> object:
    target = request.args.get("next", "/")
    parts = urlparse(target)
    if parts.netloc not in HOSTS:
        raise ValueError(target)
    # ok: open-redirect
    return redirect(target)


def own(page: str) -> object:
    # ok: open-redirect
    return redirect(url_for("show", page=page))


def below(page: str) -> object:
    # ok: open-redirect
    return redirect("https://www.example.com/" + page)
