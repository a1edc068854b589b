"""The tool that means harm: every attack of this folder, by name.

Bounded, each of them: a wall that fails must not take the machine down with it.
"""

import importlib

FACTS: dict[str, str] = {}
"""What the test tells the attacker: paths, ports and processes of the host."""


def attack(program: str, facts: dict[str, str]) -> dict[str, object]:
    """Run one attack; tells whether it was refused, and else what it brought."""
    module, _, name = program.partition(".")
    FACTS.update(facts)
    try:
        value = getattr(importlib.import_module(module), name)()
    except (OSError, MemoryError) as error:
        code = error.errno if isinstance(error, OSError) else None
        return {"refused": f"{type(error).__name__} {error}"[:300], "errno": code}
    return {"did": value}
