import json
import pickle


def restore(data: bytes) -> object:
    return json.loads(data)


def keep(value: object) -> bytes:
    return pickle.dumps(value)
