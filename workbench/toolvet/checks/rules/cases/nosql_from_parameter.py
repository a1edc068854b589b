import json


def scripted(orders: object, condition: str) -> object:
    # ruleid: nosql-from-parameter
    return orders.find({"$where": "this.total > " + condition})


def as_sent(users: object, query: str) -> object:
    # ruleid: nosql-from-parameter
    return users.find_one(json.loads(query))


def equal(users: object, name: str) -> object:
    # ok: nosql-from-parameter
    return users.find_one({"name": {"$eq": name}})


def as_text(users: object, name: str) -> object:
    # ok: nosql-from-parameter
    return users.find_one({"name": str(name)})
