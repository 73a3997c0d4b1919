"""The reference to a provider's class that the engine keeps in the state with each resource.

The engine gives it to the process of the dynamic providers, which imports the class by it. States
of earlier releases name the modules `components.*`, which only this repository has: not an
installed wheel. So the first run rewrites what another module than today's has written.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PROVIDER: Final = "__provider"
"""The property of the reference: a pickled object, in base64."""

PRIOR_SETTINGS: Final = "guardduty_eks_audit_logs.resources.prior_settings"
MEMBER_FEATURES: Final = "guardduty_eks_audit_logs.resources.member_features"


def is_of_another_module(outputs: Mapping[str, Any], module: str) -> bool:
    """Whether the state's reference names another module for a provider; it is not unpickled.

    Args:
        outputs: of a resource, as they are in the state.
        module: the one that new runs write.
    """
    reference = outputs.get(PROVIDER)
    if not isinstance(reference, str):
        return False
    try:
        return module.encode() not in b64decode(reference, validate=True)
    except ValueError:
        return True
