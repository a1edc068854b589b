import json
import marshal
import pickle


def loaded(data: bytes) -> object:
    # ruleid: unsafe-deserialisation
    return pickle.loads(data)


def read() -> object:
    with open("model.bin", "rb") as file:
        # ruleid: unsafe-deserialisation
        return marshal.load(file)


def safe(data: bytes) -> object:
    # ok: unsafe-deserialisation
    return json.loads(data)


def written(value: object) -> bytes:
    # ok: unsafe-deserialisation
    return pickle.dumps(value)
