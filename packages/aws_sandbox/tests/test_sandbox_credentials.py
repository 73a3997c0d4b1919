from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.iam.utils import generate_access_key_id_from_account_id

from aws_sandbox.credentials import access_key_id, account_of

account_ids = st.from_regex(r"[0-9]{12}", fullmatch=True)


@given(account_ids)
def test_a_key_leads_back_to_its_account(account: str) -> None:
    assert account_of(access_key_id(account)) == account


@given(account_ids)
def test_keys_that_moto_makes_up_lead_back_too(account: str) -> None:
    assert account_of(generate_access_key_id_from_account_id(account, "ASIA")) == account


@pytest.mark.parametrize("key", ["", "AKIA", "AKIA!!!!!!!!QSANDBOX", "AKIAAAAAAAAAQSANDBOX"])
def test_what_is_no_key_leads_nowhere(key: str) -> None:
    assert account_of(key) is None
