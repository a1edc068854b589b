"""`python bench [NAME …]`: measure, print a table, write `bench/latest.json`.

Names are those of the families below; without any, all are measured. Exit code 1 when a figure that
was asked for is not met.
"""

import sys
from importlib import import_module
from pathlib import Path

# `python bench` puts this folder on the path; its modules are `bench.NAME`, seen from the root.
sys.path[0] = str(Path(__file__).resolve().parents[1])

sys.exit(import_module("bench.runner").main(sys.argv[1:]))
