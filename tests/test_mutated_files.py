"""Damaged files of every kind give clean errors, and no more memory than they could hold.

TOPOGRAD_MUTATIONS sets how many of each kind are tried (default 4000; 20,000 under the sanitizers
in .ci/run).
"""

from __future__ import annotations

import io
import os
import tracemalloc

import pytest

import mutations
import topograd as tg

COUNT = int(os.environ.get("TOPOGRAD_MUTATIONS", "4000"))
CLEAN = (RuntimeError, ValueError)
# Looked at from within: bookkeeping of Python, and what a compressed member may unfold to.
FREE_BYTES = 1 << 20
MOST_EXPANSION = 1100
WATCH_EVERY = 20


def touch(value):
    """Reads what the tensors of a loaded file show, so that a sanitizer sees it."""
    for tensor in mutations.tensors_in(value):
        if tensor.numel() <= 100_000:
            tensor.clone()


@pytest.mark.parametrize("kind", mutations.KINDS)
def test_damage_gives_clean_errors_in_bounded_memory(kind):
    read = errors = 0
    for number in range(COUNT):
        data = mutations.mutation(kind, number)
        watched = number % WATCH_EVERY == 0
        before = tg._C.memory_statistics()["in_use"]
        tg._C.reset_peak_memory()
        if watched:
            tracemalloc.start()
        try:
            loaded = tg.load(io.BytesIO(data))
        except CLEAN:
            errors += 1
        except BaseException as error:
            raise AssertionError(f"'{kind}' {number} gives {error!r:.200}") from error
        else:
            read += 1
            touch(loaded)
            del loaded
        finally:
            peak = tracemalloc.get_traced_memory()[1] if watched else 0
            tracemalloc.stop()
        tensors = tg._C.memory_statistics()["peak"] - before
        assert tensors <= FREE_BYTES + 4 * len(data), f"'{kind}' {number}: {tensors} bytes"
        assert peak <= FREE_BYTES + MOST_EXPANSION * len(data), f"'{kind}' {number}: {peak} bytes"
    # The undamaged file is read; most damage is noticed, and some is only another number.
    assert tg.load(io.BytesIO(mutations.KINDS[kind][1](mutations._seeds[kind]))) is not None
    assert errors > COUNT // 4
    assert read + errors == COUNT
