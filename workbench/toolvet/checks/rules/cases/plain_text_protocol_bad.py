import ftplib

import httpx


def fetch() -> str:
    ftplib.FTP("files.example.com")
    return httpx.get("http://api.example.com/", timeout=5).text
