"""The only code that builds objects from settings: a home, its services, and serving them."""

from toolvet.wiring.home import InitResult, init_home
from toolvet.wiring.serve import serve
from toolvet.wiring.services import open_services

__all__ = ["InitResult", "init_home", "open_services", "serve"]
