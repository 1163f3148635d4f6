"""Saying what goes on: methods name their stages, the caller decides how to show them."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Something that is told which stage has begun."""

    def stage(self, name: str) -> None:
        """Say that a stage has begun."""


class Silent:
    """Progress that says nothing."""

    def stage(self, name: str) -> None:
        """Say nothing."""
