import yaml


def loaded(text: str) -> object:
    # ruleid: unsafe-yaml
    return yaml.load(text, Loader=yaml.Loader)


def all_of(text: str) -> object:
    # ruleid: unsafe-yaml
    return yaml.unsafe_load(text)


def safe(text: str) -> object:
    # ok: unsafe-yaml
    return yaml.safe_load(text)


def also_safe(text: str) -> object:
    # ok: unsafe-yaml
    return yaml.load(text, Loader=yaml.SafeLoader)
