"""The same random examples at every run: a failure can be repeated, and no run depends on luck."""
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
