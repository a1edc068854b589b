"""The doctor's look at what operators bound: the key, every sealed secret, every folder, every need."""

from toolvet.engine import mounts, needs, secrets
from toolvet.engine.services import Services
from toolvet.errors import ToolvetError
from toolvet_reviews.views import DoctorLine


def look(services: Services) -> list[DoctorLine]:
    """Open every secret, look at every folder, and say which served tools cannot run."""
    return [*_secrets(services), *_mounts(services), *_needs(services)]


def _secrets(services: Services) -> list[DoctorLine]:
    bound = services.standing.ledger.secrets
    if not bound:
        return []
    key = services.vault.key_file
    try:
        services.vault.check()
    except ToolvetError as error:
        hint = f"Put it back at {key}, with mode 600, or point TOOLVET_SECRET_KEY_FILE at it."
        return [DoctorLine("secrets", ok=False, message=str(error), hint=hint, code=error.code)]
    lines: list[DoctorLine] = []
    for name in sorted(bound):
        try:
            secrets.check(services, bound[name])
        except ToolvetError as error:
            lines.append(_ill("secrets", error))
    return lines or [
        DoctorLine("secrets", ok=True, message=f"{len(bound)} set; their key is {key}")
    ]


def _mounts(services: Services) -> list[DoctorLine]:
    lines: list[DoctorLine] = []
    for _, bound in sorted(services.standing.ledger.mounts.items()):
        try:
            mounts.check_folder(services, bound.binding)
        except ToolvetError as error:
            lines.append(_ill("mounts", error))
        else:
            said = f"{bound.binding.name} is {bound.binding.folder}, to {bound.binding.mode}"
            lines.append(DoctorLine("mounts", ok=True, message=said))
    return lines


def _needs(services: Services) -> list[DoctorLine]:
    served = services.catalogue.snapshot.served.values()
    return [
        _ill(f"{need.kind}s", needs.unbound(need))
        for release in served
        for need in needs.needs_of(services, release.manifest)
    ]


def _ill(area: str, error: ToolvetError) -> DoctorLine:
    return DoctorLine(area, ok=False, message=str(error), hint=error.hint, code=error.code)
