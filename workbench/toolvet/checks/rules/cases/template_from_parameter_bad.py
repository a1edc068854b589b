import jinja2


def greet(template: str, name: str) -> str:
    return jinja2.Template(template).render(name=name)


def plain(pattern: str, name: str) -> str:
    return pattern.format(name=name)
