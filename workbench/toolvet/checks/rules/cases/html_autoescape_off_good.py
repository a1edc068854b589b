import jinja2

PAGES = jinja2.Environment(autoescape=True)
OTHERS = jinja2.Environment(autoescape=jinja2.select_autoescape())
