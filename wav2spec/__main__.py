"""``python -m wav2spec``, and the console script."""

try:
    import signal

    # Until there is work to clean up after, Ctrl-C ends the program as it ends any other: without a traceback.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    import gc
    import sys

    # What is imported lives to the end; searching it for garbage, and once more on the way out, is an eighth of a short
    # run. `begin_work` switches the search on again.
    gc.disable()

    from wav2spec.cli import run
except KeyboardInterrupt:
    raise SystemExit(130) from None


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
