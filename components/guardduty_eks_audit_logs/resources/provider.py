"""What the dynamic providers have alike: thin shells around the lifecycles in `writing`.

The engine keeps a reference to a provider's module and class in the state (`state.provider_path`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi.dynamic import ResourceProvider

from guardduty_eks_audit_logs.resources.process import (
    end_with_the_engine,
    is_a_plugin,
    listen_for_cancel,
    log_line,
    patience,
)
from guardduty_eks_audit_logs.writing.run_context import RunContext

if TYPE_CHECKING:
    from pulumi.dynamic import ConfigureRequest


class GuardDutyProvider(ResourceProvider):
    """A dynamic provider that acts as its resource's `identity`, or the configuration, says."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Called by the engine once a process, before anything else.

        The request has all of the stack's configuration in clear: it stays in this process.
        """
        self._context = RunContext(req.config.get, patience, log_line)
        if is_a_plugin():
            end_with_the_engine()
            listen_for_cancel()
