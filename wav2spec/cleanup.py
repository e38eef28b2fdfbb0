"""Undo actions that run when a signal terminates the process."""

import contextlib
import os
from collections.abc import Callable, Iterator

# Each with the id of its process: a forked process inherits the actions of its parent, which it must not run.
_actions: dict[int, tuple[int, Callable[[], object]]] = {}


@contextlib.contextmanager
def undo_on_signal(action: Callable[[], object]) -> Iterator[None]:
    """Call `action` if a signal terminates the process within the block."""
    _actions[id(action)] = os.getpid(), action
    try:
        yield
    finally:
        _actions.pop(id(action), None)


def run_undo_actions() -> None:
    """Run the actions of this process, the last one first. Called by a signal handler, at any moment."""
    for process_id, action in reversed(list(_actions.values())):
        if process_id == os.getpid():
            with contextlib.suppress(OSError):
                action()
