"""Access keys of the local organization: one for each account, the same at every start.

An access key id carries its account, in AWS as in moto: after the four letters of its kind come
eight characters of base32 that hold half the account number, and one that tells odd from even.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets

_ODD = "Q"
_EVEN = "A"
_SUFFIX = "SANDBOX"
_OFFSET = 549755813888
"""What AWS adds to half the account number: 2 to the power of 39."""
_LENGTH = 20


def access_key_id(account_id: str) -> str:
    """The long-lived access key id of an account."""
    return f"AKIA{_carrying(account_id)}{_SUFFIX}"


def temporary_access_key_id(account_id: str) -> str:
    """The access key id of a new set of temporary credentials."""
    return f"ASIA{_carrying(account_id)}{base64.b32encode(secrets.token_bytes(5)).decode()[1:]}"


def secret_access_key(account_id: str) -> str:
    """The secret of that key; it opens nothing but the sandbox."""
    return hashlib.sha256(f"sandbox/{account_id}".encode()).hexdigest()[:40]


def account_of(key_id: str) -> str | None:
    """The account that an access key id carries; None if it can't be one."""
    if len(key_id) != _LENGTH:
        return None
    try:
        half = int.from_bytes(base64.b32decode(key_id[4:12])) - _OFFSET
    except (binascii.Error, ValueError):
        return None
    # The characters up to P stand for even numbers, those from Q on for odd ones.
    odd = key_id[12] in "QRSTUVWXYZ234567"
    account_id = f"{half * 2 + odd:012d}"
    return account_id if half >= 0 and len(account_id) == 12 else None  # noqa: PLR2004


def _carrying(account_id: str) -> str:
    number = int(account_id)
    half = (number // 2 + _OFFSET).to_bytes(5, "big")
    return base64.b32encode(half).decode() + (_ODD if number % 2 else _EVEN)
