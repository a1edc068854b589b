"""Who is let in at `/mcp`, and for how long."""

import asyncio
from typing import Any

import anyio
import httpx2
import pytest
from mcp.client.subscriptions import SubscriptionLost
from mcp.shared.exceptions import MCPError

from toolvet.engine import people


def test_nobody_comes_in_without_a_token(open_house: Any):
    async def test() -> None:
        async with open_house() as house, httpx2.AsyncClient() as http:
            for said in (None, "Bearer", "Bearer tv_nothing", "Basic YTpi"):
                headers = {"authorization": said} if said else {}
                answer = await http.post(house.url, headers=headers, json={})

                assert answer.status_code == 401
                assert answer.headers["www-authenticate"].startswith("Bearer")
                assert answer.json()["error"]["code"] == "auth.token"

    asyncio.run(test())


def test_a_request_for_another_host_is_turned_away(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author")
            headers = {
                "authorization": f"Bearer {token}",
                "host": "evil.example",
                "accept": "application/json, text/event-stream",
            }
            async with httpx2.AsyncClient() as http:
                answer = await http.post(house.url, headers=headers, json={})

            assert answer.status_code == 421

    asyncio.run(test())


def test_a_body_beyond_the_cap_or_too_deep_is_refused_and_the_service_stays(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author")
            headers = {
                "authorization": f"Bearer {token}",
                "accept": "application/json, text/event-stream",
                "content-type": "application/json",
                "mcp-protocol-version": "2026-07-28",
            }
            async with httpx2.AsyncClient(headers=headers) as http:
                large = await http.post(house.url, content=b"x" * (5 * 2**20))
                deep = await http.post(house.url, content=b"[" * 100_000)
            async with house.client(token) as client:
                assert (await client.list_tools()).tools

            assert large.status_code == 413
            assert deep.status_code == 400

    asyncio.run(test())


def test_a_revoked_principal_loses_its_streams_and_is_let_in_no_more(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            async with house.client(token) as client:
                async with client.listen(tools_list_changed=True) as changes:
                    await people.revoke_principal(house.services, house.person, "robo", "gone")
                    with anyio.fail_after(5), pytest.raises(SubscriptionLost):
                        await anext(changes)
                with pytest.raises(MCPError):
                    await client.session.list_tools()

    asyncio.run(test())


def test_open_streams_end_when_the_service_is_stopping(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author")
            async with (
                house.client(token) as client,
                client.listen(tools_list_changed=True) as changes,
            ):
                house.services.stopping.set()
                with anyio.fail_after(5):
                    assert [change async for change in changes] == []

    asyncio.run(test())
