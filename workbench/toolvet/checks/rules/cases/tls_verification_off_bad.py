import ssl

import httpx


def fetch() -> str:
    return httpx.get("https://api.example.com", verify=False, timeout=5).text


def context() -> ssl.SSLContext:
    made = ssl.create_default_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made
