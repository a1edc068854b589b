import html


def row(name: str) -> str:
    # ruleid: html-from-parameter
    return f"<tr><td>{name}</td></tr>"


def heading(title: str) -> str:
    # ruleid: html-from-parameter
    return f'<h1 class="x">{title.upper()}</h1>'


def escaped(name: str) -> str:
    # ok: html-from-parameter
    return f"<tr><td>{html.escape(name)}</td></tr>"


def angle(name: str) -> str:
    # ok: html-from-parameter
    return f"{name} <{name}@example.com>"
