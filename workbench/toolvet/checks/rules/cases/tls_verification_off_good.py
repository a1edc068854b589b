import ssl

import httpx


def fetch() -> str:
    return httpx.get("https://api.example.com", timeout=5).text


def context() -> ssl.SSLContext:
    return ssl.create_default_context()
