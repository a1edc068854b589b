import httpx


def fetched(path: str) -> str:
    # ruleid: redirects-followed
    return httpx.get("https://api.example.com/" + path, follow_redirects=True).text


def stays(path: str) -> str:
    # ok: redirects-followed
    return httpx.get("https://api.example.com/" + path).text
