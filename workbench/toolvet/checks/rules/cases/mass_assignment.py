def updated(account: object, fields: dict[str, object]) -> None:
    for name, value in fields.items():
        # ruleid: mass-assignment
        setattr(account, name, value)


def replaced(account: object, fields: dict[str, object]) -> None:
    # ruleid: mass-assignment
    account.__dict__.update(fields)


def named(account: object, fields: dict[str, str]) -> None:
    # ok: mass-assignment
    account.phone = fields["phone"]
