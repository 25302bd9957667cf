"""Event files as TensorBoard reads them."""

from __future__ import annotations

import os
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from io import FileIO
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any

from topograd.utils.tensorboard import summary
from topograd.utils.tensorboard.records import double, integer, message, record, text

__all__ = ["SummaryWriter"]

# Fields of an Event, and of a SessionLog.
_FILE_VERSION, _GRAPH, _SUMMARY, _SESSION = 3, 4, 5, 7
_START = 1

_files = count()


class _Pending:
    """Records on their way into a file; those of a process are not written by its children."""

    def __init__(self, file: FileIO) -> None:
        self.file = file
        self.records: list[bytes] = []
        self._process = os.getpid()

    def _leave_parents(self) -> None:
        if os.getpid() != self._process:
            self.records.clear()
            self._process = os.getpid()

    def append(self, one: bytes) -> int:
        """Adds a record and returns how many wait."""
        self._leave_parents()
        self.records.append(one)
        return len(self.records)

    def write(self) -> None:
        """Writes all that waits. What an error leaves unwritten is tried again the next time."""
        self._leave_parents()
        rest = memoryview(b"".join(self.records))
        try:
            while rest:
                rest = rest[self.file.write(rest) or 0 :]
        finally:
            self.records[:] = [bytes(rest)] if rest else []

    def finish(self) -> None:
        """Writes what waits and closes the file."""
        if not self.file.closed:
            try:
                self.write()
            finally:
                self.file.close()


class _EventFile:
    """One file of events, which wait until there are enough of them or enough time is gone."""

    def __init__(self, folder: Path, max_queue: int, flush_secs: float, suffix: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        host, now = socket.gethostname(), int(time.time())
        name = f"events.out.tfevents.{now:010d}.{host}.{os.getpid()}.{next(_files)}{suffix}"
        self.path = folder / name
        self._pending = _Pending(FileIO(self.path, "xb"))
        self._finish = weakref.finalize(self, self._pending.finish)
        self._lock = threading.Lock()
        self._max_queue, self._flush_secs = max_queue, flush_secs
        self._flushed = time.monotonic()
        self.add(text(_FILE_VERSION, "brain.Event:2"), None, None)
        self.flush()

    def add(self, what: bytes, step: int | None, walltime: float | None) -> None:
        event = double(1, time.time() if walltime is None else walltime)
        if step is not None:
            event += integer(2, step)
        with self._lock:
            if self._pending.file.closed:
                raise ValueError(f"SummaryWriter: {self.path} is closed")
            waiting = self._pending.append(record(event + what))
            late = time.monotonic() - self._flushed >= self._flush_secs
            if waiting >= self._max_queue or late:
                self._written()

    def _written(self) -> None:
        self._flushed = time.monotonic()
        self._pending.write()

    def flush(self) -> None:
        with self._lock:
            if not self._pending.file.closed:
                self._written()

    def close(self) -> None:
        with self._lock:
            self._finish()


def _default_folder(comment: str) -> str:
    now = time.strftime("%b%d_%H-%M-%S")
    return os.path.join("runs", f"{now}_{socket.gethostname()}{comment}")


class SummaryWriter:
    """Writes numbers, histograms, images, texts and graphs for TensorBoard, without importing it.

    log_dir: folder of the event file, made if it is missing; default
    'runs/<date>_<host><comment>'.  comment: used in that default only.  purge_step: the events
    before that have this step or a later one are to be hidden, for a run that is resumed after a
    crash.  max_queue: events that are kept at most before they are written, default 10; also when
    the last writing is flush_secs ago, default 120, and on flush() and close().  filename_suffix:
    put at the end of the file's name.

    global_step and walltime of all methods: the step and the time of the event, default none and
    now.  Values are tensors, arrays or numbers.  May be used from several threads.

    >>> import tempfile
    >>> from topograd.utils.tensorboard import SummaryWriter
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with SummaryWriter(folder) as writer:
    ...         for step in range(3):
    ...             writer.add_scalar("loss", 1 / (step + 1), step)
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
    ) -> None:
        self.log_dir = os.fspath(_default_folder(comment) if log_dir is None else log_dir)
        self.purge_step = purge_step
        self.max_queue = max_queue
        self.flush_secs = flush_secs
        self.filename_suffix = filename_suffix
        self._files: dict[str, _EventFile] = {}
        self._lock = threading.Lock()
        self._closed = False
        main = self._file("")
        if purge_step is not None:
            main.add(message(_SESSION, integer(1, _START)), purge_step, None)
            main.flush()

    def _file(self, part: str) -> _EventFile:
        """The file of the run, or of a run below it."""
        with self._lock:
            if self._closed:
                raise ValueError(f"SummaryWriter: the one of {self.log_dir} is closed")
            if part not in self._files:
                folder = Path(self.log_dir) / part
                self._files[part] = _EventFile(
                    folder, self.max_queue, self.flush_secs, self.filename_suffix
                )
            return self._files[part]

    def _add(self, what: bytes, step: Any, walltime: float | None, part: str = "") -> None:
        number = None if step is None else summary.step_of(step)
        self._file(part).add(message(_SUMMARY, what), number, walltime)

    def get_logdir(self) -> str:
        """The folder of the event file."""
        return self.log_dir

    # ------------------------------------------------------------ numbers

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """Adds a number to a curve. new_style: as a tensor; double_precision: of 64 bits."""
        value = summary.number_of("add_scalar", scalar_value)
        self._add(summary.scalar(tag, value, new_style, double_precision), global_step, walltime)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Adds a number to each of several curves of one diagram, which are runs of their own."""
        for tag, given in tag_scalar_dict.items():
            value = summary.number_of("add_scalars", given)
            part = f"{main_tag}_{tag}".replace("/", "_").replace(os.sep, "_")
            self._add(summary.scalar(main_tag, value), global_step, walltime, part)

    def add_tensor(
        self, tag: str, tensor: Any, global_step: Any = None, walltime: float | None = None
    ) -> None:
        """Adds a tensor as it is, in float32."""
        values = summary.array_of("add_tensor", tensor)
        self._add(summary.tensor(tag, values), global_step, walltime)

    # ------------------------------------------------------------ distributions

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Adds the distribution of values, which must be finite.

        bins: 'tensorflow' (default), edges that grow by a tenth each; else what numpy.histogram
        takes.  max_bins: neighbours are joined until there are no more than these.
        """
        array = summary.array_of("add_histogram", values)
        made = summary.histogram_of("add_histogram", array, bins, max_bins)
        self._add(summary.tagged(tag, made), global_step, walltime)

    def add_histogram_raw(
        self,
        tag: str,
        min: float,
        max: float,
        num: int,
        sum: float,
        sum_squares: float,
        bucket_limits: Sequence[float],
        bucket_counts: Sequence[float],
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Adds a distribution that is counted already: right edges of buckets and their counts."""
        if len(bucket_limits) != len(bucket_counts):
            raise ValueError(
                f"add_histogram_raw: expects as many bucket_limits as bucket_counts, got "
                f"{len(bucket_limits)} and {len(bucket_counts)}"
            )
        made = summary.histogram(min, max, num, sum, sum_squares, bucket_limits, bucket_counts)
        self._add(summary.tagged(tag, made), global_step, walltime)

    # ------------------------------------------------------------ images, sounds, texts

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Adds an image of bytes, or of numbers in [0, 1], with 1 to 4 channels.

        dataformats: what each dim is: 'CHW' (default), 'HWC', 'HW' ….
        """
        array = summary.array_of("add_image", img_tensor)
        self._add(summary.image("add_image", tag, array, dataformats), global_step, walltime)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Adds several images as a grid, 8 in a row."""
        array = summary.array_of("add_images", img_tensor)
        self._add(summary.image("add_images", tag, array, dataformats), global_step, walltime)

    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: Any = None,
        close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """Adds a figure of Matplotlib, or several, as an image. close: closes them afterwards."""
        import numpy as np

        try:
            from matplotlib import pyplot
            from matplotlib.backends.backend_agg import FigureCanvasAgg
        except ImportError as error:
            raise ImportError("add_figure: needs the package matplotlib") from error
        figures = list(figure) if isinstance(figure, (list, tuple)) else [figure]
        drawn = []
        for one in figures:
            canvas: Any = FigureCanvasAgg(one)
            canvas.draw()
            drawn.append(np.asarray(canvas.buffer_rgba())[:, :, :3].copy())
            if close:
                pyplot.close(one)
        self.add_images(tag, np.stack(drawn), global_step, walltime, "NHWC")

    def add_audio(
        self,
        tag: str,
        snd_tensor: Any,
        global_step: Any = None,
        sample_rate: int = 44100,
        walltime: float | None = None,
    ) -> None:
        """Adds sound: samples in [-1, 1], (length,) or (channels, length)."""
        array = summary.array_of("add_audio", snd_tensor)
        self._add(summary.audio(tag, array, sample_rate), global_step, walltime)

    def add_text(
        self, tag: str, text_string: str, global_step: Any = None, walltime: float | None = None
    ) -> None:
        """Adds a text, which is shown as Markdown."""
        if not isinstance(text_string, str):
            raise TypeError(f"add_text: expects a string, got {type(text_string).__name__}")
        self._add(summary.text_summary(tag, text_string), global_step, walltime)

    # ------------------------------------------------------------ models and experiments

    def add_graph(
        self,
        model: Callable[..., Any],
        input_to_model: Any = None,
        verbose: bool = False,
        use_strict_trace: bool = True,
    ) -> None:
        """Adds the computation of a model, as it is recorded while the model runs.

        input_to_model: its arguments, a tuple or one tensor.  verbose: also shows the line that
        each call stands in.  use_strict_trace: accepted, without effect.
        """
        from topograd.utils.tensorboard.graph import graph_def

        args = input_to_model if isinstance(input_to_model, tuple) else (input_to_model,)
        made = graph_def(model, () if input_to_model is None else args, verbose)
        self._file("").add(message(_GRAPH, made), None, None)

    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Mapping[str, Sequence[Any]] | None = None,
        run_name: str | None = None,
        global_step: Any = None,
    ) -> None:
        """Adds the settings of an experiment and what came of them, as a run below this one.

        hparam_domain_discrete: what a setting may be.  run_name: default the time.
        """
        made = summary.hparams(hparam_dict, metric_dict, hparam_domain_discrete or {})
        values = {
            tag: summary.number_of("add_hparams", value) for tag, value in metric_dict.items()
        }
        part = run_name or str(time.time())
        for one in made:
            self._add(one, None, None, part)
        for tag, value in values.items():
            self._add(summary.scalar(tag, value), global_step, None, part)
        self._file(part).flush()

    # ------------------------------------------------------------ the end

    def _all(self) -> Iterable[_EventFile]:
        with self._lock:
            return list(self._files.values())

    def flush(self) -> None:
        """Writes what is waiting to disk."""
        for one in self._all():
            one.flush()

    def close(self) -> None:
        """Writes what is waiting and closes the files. Adding more is an error."""
        for one in self._all():
            one.close()
        self._closed = True

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
