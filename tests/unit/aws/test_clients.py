"""Clients of AWS are made when they are needed, and from models that are read once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.loaders import JSONFileLoader

import guardduty_eks_audit_logs.aws.clients
from guardduty_eks_audit_logs.aws.session import open_session
from tests.support.aws_double import Aws
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.vocabulary import DETECTOR, ON, REGION, account

if TYPE_CHECKING:
    from pathlib import Path

_KEYS = {"aws:region": REGION, "aws:accessKey": "x", "aws:secretKey": "y"}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    bare_environment(monkeypatch, tmp_path)
    aws = Aws()
    in_place_of_sockets(monkeypatch, aws)
    return aws


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The services of the clients that were made."""
    services: list[str] = []
    create = botocore.session.Session.create_client

    def noted(session: botocore.session.Session, service_name: str, **options: Any) -> Any:  # noqa: ANN401
        services.append(service_name)
        return create(session, service_name, **options)

    monkeypatch.setattr(botocore.session.Session, "create_client", noted)
    return services


def test_a_client_is_made_when_it_is_first_used(aws: Aws, made: list[str]) -> None:
    aws.members = {account(1): "DISABLED"}
    session = open_session(_KEYS.get)
    session.guardduty.members(DETECTOR)
    assert made == ["sts", "guardduty"]

    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda _: session.guardduty.set_member_status(DETECTOR, [account(1)], ON), range(4)
            )
        )
        list(pool.map(lambda _: session.organizations.guardduty_administrators(), range(4)))

    assert made == ["sts", "guardduty", "guardduty", "organizations"]


@pytest.mark.usefixtures("aws")
def test_a_service_model_is_read_once_for_all_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    guardduty_eks_audit_logs.aws.clients._loader.cache_clear()
    files: list[str] = []
    load = JSONFileLoader.load_file

    def noted(loader: JSONFileLoader, file_path: str) -> Any:  # noqa: ANN401 - JSON
        found = load(loader, file_path)
        files.extend([file_path] if found is not None else [])
        return found

    monkeypatch.setattr(JSONFileLoader, "load_file", noted)
    for region in (REGION, "eu-west-1", "ap-south-1"):
        open_session(_KEYS.get, region)

    models = [path for path in files if "guardduty" in path and "service-2" in path]
    assert len(models) == 1
