import ftplib

import requests


def plain() -> None:
    # ruleid: plain-text-protocol
    ftplib.FTP("files.example.com")
    # ruleid: plain-text-protocol
    requests.get("http://api.example.com/items")


def encrypted() -> None:
    # ok: plain-text-protocol
    ftplib.FTP_TLS("files.example.com")
    # ok: plain-text-protocol
    requests.get("https://api.example.com/items")
