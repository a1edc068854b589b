import ssl

import httpx
import requests


def careless() -> None:
    # ruleid: tls-verification-off
    requests.get("https://api.example.com", verify=False)
    # ruleid: tls-verification-off
    httpx.Client(verify=False)
    context = ssl.create_default_context()
    # ruleid: tls-verification-off
    context.check_hostname = False
    # ruleid: tls-verification-off
    context.verify_mode = ssl.CERT_NONE


def careful() -> None:
    # ok: tls-verification-off
    requests.get("https://api.example.com", verify="/data/ca.pem")
    # ok: tls-verification-off
    httpx.Client()
