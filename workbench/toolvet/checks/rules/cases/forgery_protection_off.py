from django.views.decorators.csrf import csrf_exempt


def configured(app: object) -> None:
    # ruleid: forgery-protection-off
    app.config["WTF_CSRF_ENABLED"] = False


# ruleid: forgery-protection-off
@csrf_exempt
def pay(request: object) -> None:
    request.pay()


def left_on(app: object) -> None:
    # ok: forgery-protection-off
    app.config["WTF_CSRF_ENABLED"] = True
