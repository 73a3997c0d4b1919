"""A failure is printed when it happens: a run that is ended for its time has said it, too."""

from __future__ import annotations

import pytest


class FailuresAsTheyCome:
    """Prints each failed test's words; pytest prints them once more at its end."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        """Print to `terminal`."""
        self._terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print the words of a test, or of its fixture, that failed."""
        if report.failed:
            self._terminal.ensure_newline()
            self._terminal.write_sep("_", f"{report.nodeid} ({report.when})")
            self._terminal.write_line(report.longreprtext)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Print where pytest prints: not in the processes that run the tests for it."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(FailuresAsTheyCome(terminal))
