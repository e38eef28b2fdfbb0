"""``python -m wav2spec``, and the console script."""

# All three are built into Python, so that the first lines take no time. `signal` would load `enum` and others, in the
# middle of which Ctrl-C prints a traceback.
import _signal  # type: ignore[import-not-found]
import gc
import sys

# Until there is work to clean up after, Ctrl-C ends the program as it ends any other: without a traceback. What was
# ignored from outside (nohup, a background job) stays ignored.
if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)

# What is imported lives to the end; searching it for garbage, and once more on the way out, is a sixth of a short run.
# `begin_work` switches the search on again.
gc.disable()

from wav2spec.cli import run  # noqa: E402


def main() -> None:
    code = run(sys.argv[1:])
    # What is left is not searched on the way out.
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
