"""Order tasks by what they depend on."""


class CycleError(Exception):
    """Tasks depend on each other in a circle."""


def dependency_order(depends_on: dict[str, list[str]]) -> list[str]:
    """Sort tasks so that each comes after all it depends on.

    Args:
        depends_on: Task to the tasks it needs first.

    Returns:
        All tasks; those that could go in any order are sorted by name.

    Raises:
        CycleError: The tasks depend on each other in a circle.
    """
    waiting: dict[str, set[str]] = {}
    for task, needs in depends_on.items():
        waiting.setdefault(task, set()).update(needs)
        for need in needs:
            waiting.setdefault(need, set())
    order: list[str] = []
    while waiting:
        ready = sorted(task for task, needs in waiting.items() if not needs)
        if not ready:
            raise CycleError("circle among " + ", ".join(sorted(waiting)))
        order.extend(ready)
        for task in ready:
            del waiting[task]
        for needs in waiting.values():
            needs.difference_update(ready)
    return order
