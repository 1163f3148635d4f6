"""What the commands share: exit codes, consoles, options, and errors turned into words."""

from __future__ import annotations

import sys
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console

from instances.faults import InstanceError
from optimizer import show

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from optimizer.results.terms import Lang

OK, FAILED, BAD_INPUT, INFEASIBLE, NO_PLAN, AUDIT_FAILED = 0, 1, 2, 3, 4, 5
"""Exit codes."""

PLAIN_WIDTH = None if sys.stdout.isatty() else 140
"""Width of tables where output is no terminal."""

out_console = Console(width=PLAIN_WIDTH)
error_console = Console(stderr=True, width=PLAIN_WIDTH)

InstanceArgument = Annotated[str, typer.Argument(metavar="INSTANCE", help="A folder or a bundled name, as weihai.")]
LangOption = Annotated[Literal["zh", "en"], typer.Option(help="Language of tables and report.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace an existing folder.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show a traceback with errors.")]
ThreadsOption = Annotated[int, typer.Option(min=0, help="Threads; 0: one for HiGHS, every core for passes over moves.")]


def made_instance(what: str, folder: Path, lang: Lang) -> None:
    """Print what was made in a folder, and how to solve it."""
    words = {
        "zh": "{0}：{1}；求解：sanqu solve {0} --out {0}-plan",
        "en": "{1} in {0}; solve with: sanqu solve {0} --out {0}-plan",
    }
    out_console.print(words[lang].format(folder, what), markup=False, soft_wrap=True)


def guarded(command: Callable[..., int]) -> Callable[..., None]:
    """Turn what a command returns into an exit code, and errors into words."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            code = command(*args, **kwargs)
        except InstanceError as error:
            if kwargs.get("debug"):
                raise
            show.faults(error_console, error.faults)
            code = BAD_INPUT
        except KeyboardInterrupt:
            error_console.print("Interrupted; nothing was written. 已中断，未写出任何结果。")
            code = FAILED
        except Exception as error:
            if kwargs.get("debug"):
                raise
            error_console.print(f"{type(error).__name__}: {error}", markup=False)
            words = "This is a fault of Sanqu or of the machine; --debug shows where."
            error_console.print(f"{words} 这是三区或本机的故障，加 --debug 可查看位置。")
            code = FAILED
        raise typer.Exit(code)

    return run
