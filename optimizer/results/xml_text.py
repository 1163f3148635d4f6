"""Text that XML can hold: names come from files and may carry control characters."""

from __future__ import annotations

import re

_BARRED = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(value: object) -> str:
    """Return a value as text without the characters that no XML document may hold (escaping is the writer's)."""
    return _BARRED.sub("", str(value))
