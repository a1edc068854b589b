import jinja2

PAGES = jinja2.Environment(autoescape=False)
