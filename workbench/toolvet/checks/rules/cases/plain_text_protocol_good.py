import ftplib

import httpx


def fetch() -> str:
    ftplib.FTP_TLS("files.example.com")
    return httpx.get("https://api.example.com/", timeout=5).text
