import marshal
import pickle


def restore(data: bytes) -> object:
    return pickle.loads(data)


def code(data: bytes) -> object:
    return marshal.loads(data)
