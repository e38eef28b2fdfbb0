"""What is undone when a signal ends the process in the middle of it."""

import contextlib
from collections.abc import Callable, Iterator

_actions: dict[int, Callable[[], object]] = {}


@contextlib.contextmanager
def undone_at_stop(action: Callable[[], object]) -> Iterator[None]:
    """Have `action` called if the process is stopped within the block."""
    _actions[id(action)] = action
    try:
        yield
    finally:
        _actions.pop(id(action), None)


def clean_up() -> None:
    """Undo all; called by a signal's handler, and so at any moment."""
    for action in list(_actions.values()):
        with contextlib.suppress(OSError):
            action()


def forget() -> None:
    """Undo nothing of what was begun so far: in a new process, it belongs to its parent."""
    _actions.clear()
