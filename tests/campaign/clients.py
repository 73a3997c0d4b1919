"""boto3 clients of a history are made once, and from service models that are read once.

Otherwise most of a history's time would go into reading the same files. Client calls, their
signatures, retries and errors are botocore's.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOADER = botocore.loaders.create_loader(
    botocore.session.Session().get_config_variable("data_path")
)
_client: Any = boto3.Session.client


@contextmanager
def made_once() -> Iterator[None]:
    """Lets everybody in this process who asks for the same client have the same one."""
    made: dict[tuple[object, ...], Any] = {}

    def client(session: boto3.Session, service: str, **asked: Any) -> Any:  # noqa: ANN401
        credentials = session.get_credentials()
        config: Any = asked.pop("config", None) or Config()
        retries: Any = dict(config.retries or {})
        key = (
            service,
            credentials and credentials.access_key,
            asked.get("region_name"),
            asked.get("endpoint_url"),
            retries.get("total_max_attempts"),
        )
        if key not in made:
            own = config.merge(Config(retries=retries))
            made[key] = _client(session, service, config=own, **asked)
        return made[key]

    with ExitStack() as patches:
        patches.enter_context(patch.object(boto3.Session, "client", client))
        patches.enter_context(
            patch.object(botocore.session, "create_loader", lambda *_args, **_more: _LOADER)
        )
        yield
