import yaml


def read(text: str) -> object:
    return yaml.load(text, Loader=yaml.SafeLoader) or yaml.safe_load(text)
