"""Output folders and files that appear whole or not at all.

A folder is written under a hidden name beside its target, `.TARGET.xxxxxxxx`, and takes its name when it is
complete. The hidden folder is locked for as long as its process lives. What a killed process left is found by
the next run for the same target, because it is no longer locked: unfinished folders are deleted, and a target
that was being replaced is put back.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from instances.faults import Fault, InstanceError

try:
    import fcntl
except ImportError:  # no advisory locks on this system: leftovers then stay until they are deleted by hand
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PLACE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
"""What goes wrong while writing because of the place: disk full, quota used up, read-only, file too large for it."""


@contextmanager
def new_folder(target: Path, force: bool = False, reads: Iterable[Path] = ()) -> Iterator[Path]:
    """Yield a temporary folder beside `target` that takes its name when the block ends well.

    An existing target is refused (InstanceError) unless `force`; it is then replaced only once the new
    folder is complete. A target that holds what is read (`reads`) is refused in any case. When the block
    fails, nothing of it remains.
    """
    target = Path(os.path.abspath(target))
    _clear_leftovers(target)
    _refuse(target, force, reads)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        working, lock = _locked_folder(target, "new")
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        yield working
        working.chmod(0o755)
        _replace(working, target)
    except OSError as error:
        if error.errno in PLACE_ERRORS:
            raise _unwritable(target, error) from error
        raise
    finally:
        shutil.rmtree(working, ignore_errors=True)
        _unlock(lock)


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """Yield a temporary file beside `target` that takes its name, and the place of an older one, when all is well.

    Raises InstanceError where the place cannot be written to; nothing of the new file remains when the block fails.
    """
    working = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
        working = Path(name)
        yield working
        working.chmod(0o644)
        working.replace(target)
    except OSError as error:
        raise InstanceError(
            [Fault(str(target), f"cannot be written: {error.strerror}", "name another place")]
        ) from error
    finally:
        if working is not None:
            working.unlink(missing_ok=True)


def require_folder(folder: Path) -> None:
    """Make a folder where there is none; raises InstanceError where it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Let one process at a time work in a folder; raises InstanceError while another one does."""
    lock = _lock(folder)
    if lock is None and fcntl is not None:
        hint = "wait until it has ended, or name another place"
        raise InstanceError([Fault(str(folder), "another run is at work there", hint)])
    try:
        yield
    finally:
        _unlock(lock)


def clear_below(folder: Path) -> None:
    """Delete what killed runs left of folders anywhere below a folder, and put back what they were replacing."""
    left = [path for kind in ("old", "new") for path in folder.rglob(f".*.{kind}.????????")]
    for target in {path.with_name(path.name[1:].rsplit(".", 2)[0]) for path in left}:
        _clear_leftovers(target)


def _refuse(target: Path, force: bool, reads: Iterable[Path]) -> None:
    if target.exists() and not force:
        raise InstanceError([Fault(str(target), "exists already", "name another place or add --force")])
    if target.exists() and not target.is_dir():
        raise InstanceError([Fault(str(target), "is a file, not a folder", "name another place")])
    lost = [path for path in reads if path.exists() and path.resolve().is_relative_to(target.resolve())]
    if target.exists() and lost:
        raise InstanceError([Fault(str(target), f"holds {lost[0]}, which is read here", "name another place")])


def _unwritable(target: Path, error: OSError) -> InstanceError:
    hint = "nothing was left there; make room or name another place"
    return InstanceError([Fault(str(target), f"cannot be written: {error.strerror}", hint)])


def _replace(working: Path, target: Path) -> None:
    if not target.exists():
        working.rename(target)
        return
    old, lock = _locked_folder(target, "old")
    try:
        target.rename(old / "replaced")
        try:
            working.rename(target)
        except OSError:
            (old / "replaced").rename(target)
            raise
    finally:
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
        _unlock(lock)


def _locked_folder(target: Path, kind: str) -> tuple[Path, int | None]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.{kind}.", dir=target.parent))
        lock = _lock(folder)
        if folder.is_dir():  # else another run took it for a leftover before it was locked
            return folder, lock


def _lock(folder: Path) -> int | None:
    """Lock a folder for as long as this process lives; None where it is locked already or cannot be."""
    if fcntl is None:
        return None
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _unlock(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def _clear_leftovers(target: Path) -> None:
    """Delete what killed runs for this target left, and put back what they were replacing."""
    for kind in ("old", "new"):
        for left in target.parent.glob(f".{_literal(target.name)}.{kind}.????????"):
            lock = _lock(left)
            if lock is None:
                continue
            with suppress(OSError):
                if (left / "replaced").is_dir() and not target.exists():
                    (left / "replaced").rename(target)
                shutil.rmtree(left)
            _unlock(lock)


def _literal(name: str) -> str:
    """Return a name as a pattern that matches itself alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
