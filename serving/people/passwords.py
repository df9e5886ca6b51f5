"""Passwords: argon2id with the library's own, current cost; what is too short or the name itself is refused."""

from __future__ import annotations

import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from history.errors import RequestInvalid

SHORTEST, LONGEST = 10, 200
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without those that are easily taken for one another."""


def hashed_password(password: str, name: str) -> str:
    """The argon2id hash, with its own salt; raises `RequestInvalid` for a password that is too easy to guess."""
    if not SHORTEST <= len(password) <= LONGEST or "\x00" in password:
        raise RequestInvalid(
            f"the password has {len(password)} characters; expected {SHORTEST} to {LONGEST}. Choose another."
        )
    if password.casefold() == name.casefold() or len(set(password)) < 4:
        raise RequestInvalid(
            "the password is the name, or few characters repeated; expected one that is hard to guess."
        )
    with turns():
        return hasher().hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether `password` is the one kept as this hash. Without a hash it takes as long, and is never so."""
    try:
        with turns():
            return hasher().verify(kept or nobody_s_hash(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def made_password() -> str:
    """A random password of 80 bits, in groups that can be read out.

    >>> len(made_password())
    19
    """
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


@cache
def hasher() -> PasswordHasher:
    """argon2id as the library advises it now."""
    return PasswordHasher()


@cache
def turns() -> threading.BoundedSemaphore:
    """A hash takes 64 MB while it is worked out: a crowd at the door must not take all memory."""
    return threading.BoundedSemaphore(4)


@cache
def nobody_s_hash() -> str:
    """A hash to compare with where there is no account, so that the time taken does not tell."""
    return hasher().hash(secrets.token_urlsafe(32))
