"""Packages on their way through the house: quarantined, approved, held, and removed in the end."""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from house import House, Member
from wheelwright import lock_of, wheel

from toolvet.engine import draft, environments
from toolvet.engine.catalogue import Served
from toolvet.engine.doctor import doctor
from toolvet.sandbox.environments import EnvironmentStore
from toolvet.sandbox.environments.store import DAY_S
from toolvet_reviews import manifest
from toolvet_reviews.brief import brief
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.values import Digest
from toolvet_reviews.views import DoctorLine, ProposalView

Run = Callable[[Coroutine[Any, Any, Any]], Any]

SPEC = """\
[tool]
name = "NAME"
summary = "Greet somebody."
entry = "NAME:NAME"

[[examples]]
arguments = { name = "Ann" }
result = "hello, Ann"
"""
SOURCE = '''\
import greetings


def NAME(name: str) -> str:
    """Greet somebody.

    Args:
        name: Whom.
    """
    return f"{greetings.hello()}, {name}"
'''


@pytest.fixture(scope="module")
def no_network() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("UV_")]:
            patch.delenv(name)
        patch.setenv("UV_OFFLINE", "1")
        yield


@pytest.fixture(scope="module")
def shop(home: House, no_network: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house with an empty store of packages, and the folder of wheels that it builds from."""
    folder = tmp_path_factory.mktemp("shop")
    store = EnvironmentStore(folder / "store", folder / "wheels")
    vars(home.services.toolchain)["environments"] = store
    return folder / "wheels"


@pytest.fixture(scope="module")
def agent(home: House, run: Run) -> Member:
    async def hire() -> Member:
        agent = await home.agent("packer")
        await home.grant(agent)
        return agent

    made: Member = run(hire())
    return made


def tool(name: str, wheels: Path) -> dict[str, str]:
    """A tool with one package of its own version."""
    lock = lock_of(wheel(wheels, "greetings", f"1.{len(name)}"))
    return {
        f"{name}.py": SOURCE.replace("NAME", name),
        "tool.toml": SPEC.replace("NAME", name),
        "requirements.lock": lock.text,
    }


def store_of(home: House) -> EnvironmentStore:
    return home.services.toolchain.environments


def ill(lines: list[DoctorLine]) -> list[str]:
    return [line.code for line in lines if line.area == environments.AREA and not line.ok]


def digest_of(release: Manifest) -> Digest:
    assert release.environment is not None
    return release.environment


@pytest.fixture(scope="module")
def waiting(home: House, run: Run, shop: Path, agent: Member) -> ProposalView:
    """A tool with a package, verified and waiting for a person."""
    view: ProposalView = run(home.submit(agent, tool("greet", shop)))
    assert view.state == "reviewing", (view.reason, view.evidence)
    return view


@pytest.fixture(scope="module")
def served(home: House, run: Run, agent: Member, waiting: ProposalView) -> Served:
    """The same tool, approved and called."""

    async def approve() -> Served:
        await home.approve(waiting.id)
        await asyncio.to_thread(environments.make_ready, home.services)
        assert [one.approved for one in store_of(home).kept()] == [True, False]
        called = await home.call(agent, "greet", {"name": "Al"})
        assert called.result == "hello, Al"
        return home.services.catalogue.snapshot.served["greet"]

    found: Served = run(approve())
    return found


def test_before_anybody_approved_it_a_tool_runs_with_packages_from_quarantine(
    home: House, run: Run, agent: Member, waiting: ProposalView
) -> None:
    async def way() -> None:
        said = next(found for found in waiting.evidence if found.check == "environment")
        assert said.status == "passed"
        assert "greetings 1.5" in said.summary
        caller = await home.caller(agent)

        tried = await draft.draft(home.services, caller, waiting.revision_digest, {"name": "Bo"})

        assert tried.result == "hello, Bo"
        assert [one.approved for one in store_of(home).kept()] == [False]

    run(way())


def test_a_reviewer_reads_which_packages_run_inside(
    home: House, run: Run, waiting: ProposalView
) -> None:
    async def read() -> Manifest:
        digest = Digest(waiting.release_digest or "")
        return manifest.from_bytes(await home.services.store.query(lambda view: view.blob(digest)))

    lines = [
        line
        for section in brief(waiting, manifest=run(read()), base=None, files=())
        for line in section.lines
    ]

    assert [line.text for line in lines if line.label == "package"] == [
        "greetings 1.5, no licence named"
    ]


def test_an_approved_tool_runs_with_a_copy_that_its_manifest_names(
    home: House, served: Served
) -> None:
    environment = environments.environment_of(home.services, served.manifest)

    assert environment is not None
    assert environment.approved
    assert environment.folder == store_of(home).approved(digest_of(served.manifest))
    assert environment.folder.is_dir()
    assert {one.approved for one in store_of(home).kept()} == {True, False}


def test_packages_that_were_changed_on_disk_are_named_and_never_loaded(
    home: House, run: Run, agent: Member, served: Served
) -> None:
    async def way() -> None:
        module = store_of(home).approved(digest_of(served.manifest)) / "greetings.py"
        module.chmod(0o644)
        module.write_text("def hello():\n    return 'evil'\n")
        caller = await home.caller(home.person)
        assert ill(await doctor(home.services, caller)) == ["environment.changed"]
        environment = environments.environment_of(home.services, served.manifest)

        environments.hold(home.services, served.manifest.revision, environment)

        assert "hello" in module.read_text()
        assert ill(await doctor(home.services, caller)) == []
        assert (await home.call(agent, "greet", {"name": "Di"})).result == "hello, Di"

    run(way())


def test_what_no_open_proposal_and_no_release_refers_to_goes(
    home: House, run: Run, shop: Path, agent: Member, served: Served
) -> None:
    async def way() -> None:
        opened = await home.submit(agent, tool("beckon", shop))
        assert opened.state == "reviewing"
        later = time.time() + 2 * DAY_S

        removed = environments.collect(home.services, now=later)

        assert [one.approved for one in removed] == [False]
        left = store_of(home).kept()
        assert digest_of(served.manifest) in {one.name for one in left}
        assert [one.packages[0].version for one in left if not one.approved] == ["1.6"]

    run(way())
