import urllib.request
from typing import Annotated
from urllib.parse import urlparse

import httpx
import requests
from toolvet.sdk import Pattern

API = "https://api.example.com"
HOSTS = {"api.example.com", "files.example.com"}


def fetched(url: str) -> bytes:
    # ruleid: url-from-parameter
    return urllib.request.urlopen(url).read()


def posted(host: str, payload: dict[str, str]) -> None:
    # ruleid: url-from-parameter
    requests.post(f"https://{host}/hook", json=payload)


def through_client(target: str) -> str:
    with httpx.Client() as web:
        # ruleid: url-from-parameter
        return web.get(target).text


def suffix_only(url: str) -> str:
    if not url.endswith(".example.com"):
        raise ValueError(url)
    # ruleid: url-from-parameter
    return requests.get(url).text


def literal_host(item: str) -> str:
    # ok: url-from-parameter
    return requests.get(f"https://api.example.com/items/{item}").text


def constant_host(item: str) -> str:
    # ok: url-from-parameter
    return requests.get(API + "/items/" + item).text


def allowed(url: str) -> str:
    parts = urlparse(url)
    if parts.scheme != "https" or parts.hostname not in HOSTS:
        raise ValueError(url)
    # ok: url-from-parameter
    return requests.get(url).text


def query(word: str) -> str:
    # ok: url-from-parameter
    return httpx.get("https://api.example.com/find", params={"q": word}).text


def sent(payload: bytes) -> bytes:
    request = urllib.request.Request("https://api.example.com/items", data=payload)
    # ok: url-from-parameter
    return urllib.request.urlopen(request).read()


def bounded(region: Annotated[str, Pattern(r"^[a-z]{2}$")]) -> str:
    # ok: url-from-parameter
    return httpx.get(f"https://{region}.example.com/").text
