"""What is undone when a signal ends the process in the middle of it."""

import contextlib
import os
from collections.abc import Callable, Iterator

# Each with the process whose it is: one that was forked has its parent's too, which it must not undo.
_actions: dict[int, tuple[int, Callable[[], object]]] = {}


@contextlib.contextmanager
def undo_on_signal(action: Callable[[], object]) -> Iterator[None]:
    """Have `action` called if the process is stopped within the block."""
    _actions[id(action)] = os.getpid(), action
    try:
        yield
    finally:
        _actions.pop(id(action), None)


def run_undo_actions() -> None:
    """Undo all; called by a signal's handler, and so at any moment."""
    for process_id, action in list(_actions.values()):
        if process_id == os.getpid():
            with contextlib.suppress(OSError):
                action()
