import jinja2

# ruleid: html-autoescape-off
PLAIN = jinja2.Environment(loader=None)
# ruleid: html-autoescape-off
OFF = jinja2.Environment(autoescape=False)
# ok: html-autoescape-off
ON = jinja2.Environment(autoescape=True)
# ok: html-autoescape-off
BY_NAME = jinja2.Environment(autoescape=jinja2.select_autoescape())
