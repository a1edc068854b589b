"""The three tools everybody has: what was published a moment ago is found, shown and called."""

import asyncio
from typing import Any

import anyio
import mcp_types as t
import pytest
from mcp import Client

from toolvet.storage import View

ERAS = ["auto", "legacy"]
THREE = ["toolvet_call", "toolvet_info", "toolvet_search"]


async def listed(client: Client) -> list[str]:
    return [tool.name for tool in (await client.session.list_tools()).tools]


async def found(client: Client, query: str, **more: Any) -> list[str]:
    result = await client.call_tool("toolvet_search", {"query": query, **more})
    assert not result.is_error, result
    return [item["name"] for item in result.structured_content["items"]]


def error_of(result: t.CallToolResult) -> dict[str, Any]:
    assert result.is_error
    assert result.meta is not None
    return result.meta["dev.toolvet/error"]


def meta_of(result: t.CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result
    return dict(result.meta or {})


@pytest.mark.parametrize("era", ERAS)
def test_a_new_tool_is_found_and_called_by_a_client_that_lists_never_again(
    open_house: Any, era: str
):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            await house.grant("robo")
            async with house.client(token, mode=era) as client:
                assert await found(client, "adding integers") == []
                digest = await house.publish(token, house.add)

                result = await client.call_tool("toolvet_search", {"query": "adding integers"})
                called = await client.call_tool(
                    "toolvet_call", {"tool": "add", "arguments": {"a": 20, "b": 22}}
                )
                (item,) = result.structured_content["items"]
                assert item == {
                    "name": "add",
                    "signature": "add(a: int, b: int) -> int",
                    "summary": "Add two integers.",
                    "kind": "pure",
                    "version": 1,
                    "release": digest,
                }
                assert called.structured_content == {"result": 42}
                assert meta_of(called)["dev.toolvet/release"] == digest
                assert meta_of(called)["dev.toolvet/reviewed"] is True

    asyncio.run(test())


def test_every_caller_has_the_three_and_authors_the_rest(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            caller, author = (
                await house.agent("other", "caller"),
                await house.agent("robo", "author"),
            )
            async with house.client(caller) as client:
                assert await listed(client) == THREE
            async with house.client(author) as client:
                assert set(THREE) < set(await listed(client))

    asyncio.run(test())


def test_who_may_not_call_a_tool_learns_nothing_of_it(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            author = await house.agent("robo", "author", "caller")
            other = await house.agent("other", "caller")
            await house.publish(author, house.add)
            async with house.client(other) as client:
                said: list[Any] = []
                for name in ("add", "sub"):
                    info = await client.call_tool("toolvet_info", {"name": name})
                    call = await client.call_tool(
                        "toolvet_call", {"tool": name, "arguments": {"a": "x"}}
                    )
                    said.append([{**error_of(one)} for one in (info, call)])
                    for error in said[-1]:
                        error["message"] = error["message"].replace(name, "*")
                    nothing = await client.call_tool("toolvet_search", {"query": name})
                    said[-1].append(nothing.structured_content)

                assert said[0] == said[1]
                assert said[0][0]["code"] == "tool.not_found"
                assert "toolvet_search" in said[0][0]["hint"]
                assert "grant" in said[0][2]["hint"]

                await house.grant("other", "add")
                assert await found(client, "add") == ["add"]

    asyncio.run(test())


def test_info_has_everything_a_call_needs(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            await house.grant("robo")
            digest = await house.publish(token, house.add)
            async with house.client(token) as client:
                tool = next(one for one in (await client.list_tools()).tools if one.name == "add")
                info = (await client.call_tool("toolvet_info", {"name": "add"})).structured_content

            assert info["input_schema"] == tool.input_schema
            assert info["output_schema"] == tool.output_schema
            assert (info["release"], info["version"], info["kind"]) == (digest, 1, "pure")
            assert info["examples"] == [{"arguments": {"a": 1, "b": 2}, "result": 3}]
            assert info["effects"]["kind"] == "pure"

    asyncio.run(test())


def test_a_call_by_name_is_held_to_the_schema_and_keeps_its_key(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            await house.grant("robo")
            await house.publish(token, house.add)
            async with house.client(token) as client:

                async def call(arguments: Any, meta: Any = None, **more: Any) -> t.CallToolResult:
                    said = {"tool": "add", "arguments": arguments, **more}
                    return await client.call_tool("toolvet_call", said, meta=meta)

                wrong = await call({"a": 1})
                first = await call({"a": 1, "b": 2}, key="k-1")
                other = await call({"a": 1, "b": 3}, {"dev.toolvet/key": "k-1"})
                two = await call({"a": 1, "b": 2}, {"dev.toolvet/key": "x"}, key="y")
                no_object = await call([1, 2])

            assert error_of(wrong)["code"] == "call.arguments"
            assert first.structured_content == {"result": 3}
            assert error_of(other)["code"] == "call.key_mismatch"
            assert error_of(two)["code"] == "call.arguments"
            assert error_of(no_object)["code"] == "call.arguments"

    asyncio.run(test())


ODD: dict[str, Any] = {
    "operators": 'a" OR NEAR(b* : ^ AND NOT',
    "a comment": "'); drop table tool_words; --",
    "NUL": "\0",
    "ten thousand": "add " * 2_500,
    "one long word": "x" * 10_000,
    "only small words": "what is the",
    "nothing": "",
}


def test_no_query_is_an_error_and_one_without_words_lists_by_name(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            await house.grant("robo")
            await house.publish(token, house.shout)
            await house.publish(token, house.add)
            async with house.client(token) as client:
                got = {name: await found(client, query) for name, query in ODD.items()}
                one = await found(client, "", limit=1)
                too_many = await client.call_tool("toolvet_search", {"query": "a", "limit": 21})

            assert got["nothing"] == got["only small words"] == got["NUL"] == ["add", "shout"]
            assert got["ten thousand"] == ["add"]
            assert got["one long word"] == []
            assert one == ["add"]
            assert error_of(too_many)["code"] == "call.arguments"

    asyncio.run(test())


def test_search_follows_new_versions_rollbacks_and_an_index_that_lies(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            await house.grant("robo")
            first = await house.publish(token, house.add)
            second = await house.publish(token, house.better)
            async with house.client(token) as client:
                assert await found(client, "better") == ["add"]
                await house.roll_back("add", first, second)
                assert await found(client, "better") == []
                assert await found(client, "integers") == ["add"]

    asyncio.run(test())


def test_an_author_calls_its_own_revision_as_a_draft_and_nobody_elses(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            mine = await house.agent("robo", "author", "caller")
            other = await house.agent("other", "author", "caller")
            tool = {"source": house.shout.source, "examples": house.shout.examples}
            async with house.client(mine) as client, house.client(other) as stranger:
                sent = (await client.call_tool("toolvet_submit", tool)).structured_content
                draft = {"tool": sent["revision_digest"], "arguments": {"text": "a"}}
                unknown = {**draft, "tool": "sha256:" + "0" * 64}

                answer = await client.call_tool("toolvet_call", draft)
                keyed = await client.call_tool("toolvet_call", {**draft, "key": "k"})
                wrong = await client.call_tool("toolvet_call", {**draft, "arguments": {}})
                refused = [
                    error_of(await one.call_tool("toolvet_call", said))
                    for one, said in ((stranger, draft), (stranger, unknown), (client, unknown))
                ]

                assert answer.structured_content == {"text": "A"}
                assert meta_of(answer)["dev.toolvet/reviewed"] is False
                assert meta_of(answer)["dev.toolvet/revision"] == sent["revision_digest"]
                assert "dev.toolvet/release" not in meta_of(answer)
                assert "nobody has reviewed" in str(answer.content)
                assert {error_of(one)["code"] for one in (keyed, wrong)} == {"call.arguments"}
                assert {error["code"] for error in refused} == {"tool.not_found"}
                assert len({error["hint"] for error in refused}) == 1

    asyncio.run(test())


def test_what_is_published_is_indexed_before_anybody_searches(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            digest = await house.publish(await house.agent("robo", "author"), house.add)

            def is_indexed(view: View) -> bool:
                return bool(view.tool_words.stored([digest]))

            with anyio.fail_after(10):
                while not await house.services.store.query(is_indexed):
                    await anyio.sleep(0.005)

    asyncio.run(test())
