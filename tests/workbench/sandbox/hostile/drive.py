"""Runs every attempt of hostile.py in a tier and prints what came of each, as JSON.

A program of its own, so that another user and another interpreter can run it too.
"""

import asyncio
import json
import os
import socket
import sys
import tempfile
from pathlib import Path

from toolvet.sandbox import Image, Limits, Pool, TierReport
from toolvet_reviews.values import Json, JsonObject

HERE = Path(__file__).parent
ONLY_WITH_NAMESPACES = ("signal everyone", "fill the disk", "fill the inodes")
LIMITS = Limits(wall_s=10, memory_mib=256, scratch_mib=8, open_files=64)


async def attack_all(tier: str, folder: Path) -> dict[str, str]:
    secret = folder / "secret"
    secret.write_text("secret")
    secret.chmod(0o666)
    abstract = f"\0toolvet-test-{os.getpid()}"
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener,
        socket.socket(socket.AF_UNIX) as hidden,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        listener.bind(str(folder / "listener"))
        os.chmod(folder / "listener", 0o777)
        hidden.bind(abstract)
        hidden.listen()
        facts: JsonObject = {
            "secret": str(secret),
            "outside": str(folder / "outside"),
            "listener": str(folder / "listener"),
            "abstract": abstract,
            "port": int(server.getsockname()[1]),
            "process": os.getpid(),
        }
        return await _attack(tier, facts)


async def _attack(tier: str, facts: JsonObject) -> dict[str, str]:
    pool = Pool(TierReport(tier, (), "", ""), spares=1)  # type: ignore[arg-type]
    try:
        names = await pool.call(Image(HERE, "hostile:names", typed=False), {"facts": facts}, LIMITS)
        if not isinstance(names.value, list):
            return {"start": f"{names.status} {names.error}"}
        wanted: list[Json] = [*names.value, *(ONLY_WITH_NAMESPACES if tier in ("A", "B") else [])]
        image = Image(HERE, "hostile:attack", typed=False)
        found: dict[str, str] = {}
        for name in wanted:
            outcome = await pool.call(image, {"name": name, "facts": facts}, LIMITS)
            found[str(name)] = (
                "held" if outcome.status == "returned" else f"{outcome.status} {outcome.error}"
            )
        return found
    finally:
        await pool.close()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="toolvet-hostile-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        found = asyncio.run(attack_all(sys.argv[1], folder))
        secret = (folder / "secret").read_text()
        found["the secret is whole"] = "held" if secret == "secret" else "changed"
        found["nothing was written"] = "held" if not (folder / "outside").exists() else "written"
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
