import string

import jinja2

LAYOUTS = {"short": "{id}", "long": "{id}: {name}"}


def rendered(layout: str, row: object) -> str:
    # ruleid: template-from-parameter
    return layout.format(row=row)


def greeted(template: str, name: str) -> str:
    # ruleid: template-from-parameter
    return jinja2.Template("Dear {{ name }}, " + template).render(name=name)


def mapped(layout: str, row: dict[str, str]) -> str:
    # ruleid: template-from-parameter
    return layout.format_map(row)


def literal(name: str) -> str:
    # ok: template-from-parameter
    return "Dear {}".format(name)


def value(name: str) -> str:
    # ok: template-from-parameter
    return jinja2.Template("Dear {{ name }}", autoescape=True).render(name=name)


def substituted(layout: str, name: str) -> str:
    # ok: template-from-parameter
    return string.Template(layout).substitute(name=name)


def chosen(kind: str, row: dict[str, str]) -> str:
    # ok: template-from-parameter
    return LAYOUTS[kind].format(**row)
