"""Saying what goes on: methods name their stages, the caller decides how to show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from instances.faults import Fault


class Progress(Protocol):
    """Something that is told which stage has begun, and what is odd about the input."""

    def stage(self, name: str) -> None:
        """Say that a stage has begun."""

    def warn(self, found: Sequence[Fault]) -> None:
        """Say what is odd but no error."""


class Silent:
    """Progress that says nothing."""

    def stage(self, name: str) -> None:
        """Say nothing."""

    def warn(self, found: Sequence[Fault]) -> None:
        """Say nothing."""
