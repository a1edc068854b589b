import jinja2


def greet(name: str) -> str:
    return jinja2.Template("Hello {{ name }}", autoescape=True).render(name=name)


def plain(name: str) -> str:
    return "Hello {}".format(name)
