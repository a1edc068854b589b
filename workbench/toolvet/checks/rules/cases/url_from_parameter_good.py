import urllib.parse

import httpx


def ask(item: str) -> str:
    return httpx.get("https://api.example.com/" + urllib.parse.quote(item, safe=""), timeout=5).text
