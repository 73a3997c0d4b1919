"""The states of earlier releases name classes of providers that can still be loaded."""

from __future__ import annotations

import pickle
from base64 import b64decode
from typing import TYPE_CHECKING

import pytest

from guardduty_eks_audit_logs.resources.member_features import MemberFeaturesProvider
from guardduty_eks_audit_logs.resources.prior_settings import PriorSettingsProvider
from tests.support.earlier_states import EARLIER_STATES, provider_reference

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("file", EARLIER_STATES, ids=lambda file: file.stem)
@pytest.mark.parametrize(
    ("kind", "provider"),
    [("MemberFeatures", MemberFeaturesProvider), ("PriorSettings", PriorSettingsProvider)],
)
def test_an_earlier_state_names_a_provider_that_is_there_still(
    file: Path, kind: str, provider: type
) -> None:
    found = pickle.loads(b64decode(provider_reference(file, kind)))  # noqa: S301 - our own

    assert isinstance(found, provider)
