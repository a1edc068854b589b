from urllib.parse import quote

import httpx


def item(name: str) -> str:
    # ruleid: url-path-from-parameter
    return httpx.get(f"https://api.example.com/items/{name}").text


def page(path: str) -> str:
    # ruleid: url-path-from-parameter
    url = f"https://api.example.com/{path}"
    return httpx.get(url).text


def quoted(name: str) -> str:
    # ok: url-path-from-parameter
    return httpx.get(f"https://api.example.com/items/{quote(name, safe='')}").text


def numbered(number: int) -> str:
    # ok: url-path-from-parameter
    return httpx.get(f"https://api.example.com/items/{number}").text
