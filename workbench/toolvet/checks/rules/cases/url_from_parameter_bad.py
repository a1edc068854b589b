import urllib.request

import httpx


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def ask(host: str) -> str:
    return httpx.get(f"https://{host}/status", timeout=5).text
