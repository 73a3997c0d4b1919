"""What tests of the sandbox, and tests against it, need.

`-p aws_sandbox.testing.plugin` gives pytest the fixtures `sandbox` and `serve_sandbox`.
"""

from typing import Final

MANAGEMENT: Final = "111111111111"
"""The management account of the default organization."""

ADMINISTRATOR: Final = "222222222222"
"""The delegated GuardDuty administrator of the default organization."""
