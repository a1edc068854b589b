import json
import os


def everything() -> str:
    # ruleid: reads-environment-secrets
    return json.dumps(dict(os.environ))


def one() -> str:
    # ok: reads-environment-secrets
    return os.environ["REGION"]
