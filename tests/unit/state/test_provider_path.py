"""A state that names another module for a provider is recognized, so that it is rewritten."""

from __future__ import annotations

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from guardduty_eks_audit_logs.resources.member_features import MemberFeaturesProvider
from guardduty_eks_audit_logs.resources.prior_settings import PriorSettingsProvider
from guardduty_eks_audit_logs.state.provider_path import (
    MEMBER_FEATURES,
    PRIOR_SETTINGS,
    is_of_another_module,
)
from tests.support.earlier_states import EARLIER_STATES, provider_reference

_KINDS = [("PriorSettings", PRIOR_SETTINGS), ("MemberFeatures", MEMBER_FEATURES)]


@pytest.mark.parametrize(
    ("provider", "module"),
    [(PriorSettingsProvider(), PRIOR_SETTINGS), (MemberFeaturesProvider(), MEMBER_FEATURES)],
)
def test_what_this_release_writes_is_of_its_own_module(
    provider: PriorSettingsProvider | MemberFeaturesProvider, module: str
) -> None:
    assert not is_of_another_module({"__provider": serialize_provider(provider)}, module)


@pytest.mark.parametrize("number", range(len(EARLIER_STATES)))
@pytest.mark.parametrize(("kind", "module"), _KINDS)
def test_an_earlier_state_is_of_another_module(kind: str, module: str, number: int) -> None:
    reference = provider_reference(EARLIER_STATES[number], kind)

    assert is_of_another_module({"__provider": reference}, module)


@pytest.mark.parametrize("outputs", [{}, {"__provider": None}])
def test_a_state_without_a_reference_is_of_no_other_module(outputs: dict[str, object]) -> None:
    assert not is_of_another_module(outputs, PRIOR_SETTINGS)


def test_a_reference_that_is_not_base64_is_rewritten() -> None:
    assert is_of_another_module({"__provider": "?"}, PRIOR_SETTINGS)
