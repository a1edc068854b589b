import os

import httpx


def careless(ctx: object) -> str:
    key = ctx.secret("crm")
    # ruleid: secret-into-url
    return httpx.get(f"https://api.example.com/items?key={key}").text


def careful() -> str:
    key = os.environ["API_KEY"]
    # ok: secret-into-url
    return httpx.get("https://api.example.com/items", headers={"Authorization": key}).text
