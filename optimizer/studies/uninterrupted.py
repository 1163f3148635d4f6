"""What workers of this machine load first: Ctrl-C reaches them too, but it is the command that ends them."""

from __future__ import annotations

import signal


def dask_setup(_worker: object) -> None:
    """Have a worker that starts pass over interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
