"""botocore's service models are read once in a test process, not once in each session.

Each session of botocore parses megabytes of JSON, which nothing changes afterwards. The product
opens one session a run; its tests open thousands. Since the models stay, Python looks for garbage
less often: it would look at all of them each time.
"""

from __future__ import annotations

import gc

import botocore.session
from botocore.loaders import Loader, create_loader

_READ: dict[str | None, dict[object, object]] = {}


def _with_what_was_read(search_path_string: str | None = None) -> Loader:
    loader = create_loader(search_path_string)
    loader._cache = _READ.setdefault(search_path_string, {})  # type: ignore[attr-defined]
    return loader


botocore.session.create_loader = _with_what_was_read
gc.set_threshold(100_000, 50, 50)
