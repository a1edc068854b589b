"""Settings of the domain's property tests."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "domain", deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("domain")
