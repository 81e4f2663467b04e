"""Parsing of Python, which LocalStack does for routes and for intrinsic functions of state machines."""

import ast
import gc
import threading


def mend() -> None:
    """Applies the patches."""
    # Before 3.11.8 the depth that is checked when a tree is made is one for all threads, so that a thread which takes
    # over in between ends the other with "AST constructor recursion depth mismatch":
    # https://github.com/python/cpython/issues/106905. A collection is where another thread gets its turn.
    parse, alone = ast.parse, threading.RLock()

    def alone_parse(*arguments, **options):
        with alone:
            collects = gc.isenabled()
            gc.disable()
            try:
                return parse(*arguments, **options)
            finally:
                if collects:
                    gc.enable()

    ast.parse = alone_parse
