"""Damaged files of every kind give clean errors, and no more memory than they could hold.

TOPOGRAD_MUTATIONS sets how many of each kind are tried (default 3000; 20,000 under the sanitizers
in .ci/run).
"""

from __future__ import annotations

import io
import os
import tracemalloc

import pytest

import mutations
import topograd as tg

COUNT = int(os.environ.get("TOPOGRAD_MUTATIONS", "3000"))
CLEAN = (RuntimeError, ValueError)
# Looked at from within: bookkeeping of Python, and what a compressed member may unfold to.
FREE_BYTES = 1 << 20
MOST_EXPANSION = 1100
WATCH_EVERY = 20
PATH_EVERY = 40


def touch(value):
    """Reads what the tensors of a loaded file show, so that a sanitizer sees it."""
    for tensor in mutations.tensors_in(value):
        if tensor.numel() <= 100_000:
            tensor.clone()


def outcome(load):
    """What loading a damaged file gives: its tensors, or the kind of its clean error."""
    try:
        small = (t for t in mutations.tensors_in(load()) if t.numel() <= 1000)
        return [t.tolist() for t in small]
    except CLEAN as error:
        return type(error)


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


@pytest.mark.parametrize("kind", mutations.KINDS)
def test_a_path_gives_what_its_bytes_give_also_when_it_is_mapped(kind, tmp_path):
    path = tmp_path / "file"
    for number in range(0, COUNT, PATH_EVERY):
        data = mutations.mutation(kind, number)
        path.write_bytes(data)
        expected = outcome(lambda data=data: tg.load(io.BytesIO(data)))
        assert repr(outcome(lambda: tg.load(path))) == repr(expected), number
        mapped = outcome(lambda: tg.load(path, mmap=True))
        # Checksums of archives are not verified then, which would read all of a file.
        if kind != "zip of PyTorch":
            assert repr(mapped) == repr(expected), number
