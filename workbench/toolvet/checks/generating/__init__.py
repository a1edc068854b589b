"""Arguments made from a tool's own schema, the runs they are put through, and what is wrong with one.

`inside` holds what makes them, behind the walls: a schema is hostile text. Everything else stays on
our side: it judges what came back.
"""
