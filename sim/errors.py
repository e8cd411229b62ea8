"""Errors with one clear line for the user; everything else is a bug and keeps its traceback."""

from __future__ import annotations


class UserError(Exception):
    """What the user gave is wrong; the message says what and how to mend it."""


class RunError(Exception):
    """The input is fine, but the run could not be finished (a full disk, a lost scheduler, a broken law)."""


def did_you_mean(wrong: str, known: list[str], what: str) -> str:
    """One line naming the nearest known names, or all of them when none is near.

    >>> did_you_mean("hashpirce", ["hashprice", "ai_rent"], "outcome")
    "Unknown outcome 'hashpirce': did you mean hashprice?"
    """
    from difflib import get_close_matches

    near = get_close_matches(wrong, known, n=3, cutoff=0.55)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(sorted(known))}."
    return f"Unknown {what} '{wrong}': {hint}"
