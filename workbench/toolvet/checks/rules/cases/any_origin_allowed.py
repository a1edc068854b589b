from flask_cors import CORS


def opened(app: object, answer: object) -> None:
    # ruleid: any-origin-allowed
    CORS(app, origins="*")
    # ruleid: any-origin-allowed
    answer.headers["Access-Control-Allow-Origin"] = "*"


def named(app: object, answer: object) -> None:
    # ok: any-origin-allowed
    CORS(app, origins=["https://www.example.com"])
    # ok: any-origin-allowed
    answer.headers["Access-Control-Allow-Origin"] = "https://www.example.com"
