"""Output folders that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def new_folder(target: Path, force: bool = False) -> Iterator[Path]:
    """Yield a temporary folder beside `target` that takes its name when the block ends well.

    An existing target is refused (InstanceError) unless `force`; it is then replaced only once the new
    folder is complete. When the block fails, nothing of it remains.
    """
    target = Path(os.path.abspath(target))
    if target.exists() and not force:
        raise InstanceError([Fault(str(target), "exists already", "name another place or add --force")])
    if target.exists() and not target.is_dir():
        raise InstanceError([Fault(str(target), "is a file, not a folder", "name another place")])
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        working = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise InstanceError(
            [Fault(str(target), f"cannot be written: {error.strerror}", "name another place")]
        ) from error
    try:
        yield working
        working.chmod(0o755)
        _replace(working, target)
    finally:
        shutil.rmtree(working, ignore_errors=True)


def _replace(working: Path, target: Path) -> None:
    if not target.exists():
        working.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    target.rename(old / "replaced")
    working.rename(target)
    shutil.rmtree(old, ignore_errors=True)
