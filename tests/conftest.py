"""What every test shares: settings of hypothesis, and figures told at the end of a run. Fixtures live beside the tests that use them."""

import pytest
from hypothesis import HealthCheck, settings

# Wall-clock deadlines fail on a busy machine and say nothing about the code; a failing example is printed so that it can be replayed.
settings.register_profile("house", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests told with `record_property("told", line)`; what a worker process prints itself is lost."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "told":
                terminalreporter.write_line(str(value))
