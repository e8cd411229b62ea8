"""The one error of this package: every problem of a scenario at once, each with its key."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from sim.errors import UserError


class ScenarioError(UserError):
    """A scenario cannot be used. ``messages`` holds one line per problem; ``str()`` joins them."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = list(messages)

    def __reduce__(self) -> tuple[type["ScenarioError"], tuple[list[str]]]:
        return type(self), (self.messages,)  # workers send it back by pickle


def suggestion(word: str, known: Iterable[str]) -> str:
    """``; did you mean X?`` for the nearest known word, or nothing if none is near."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
