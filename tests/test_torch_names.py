"""Tensor types, limits, settings, and what needs a GPU or a cluster: as PyTorch without one."""

from __future__ import annotations

import copy
import importlib
import pickle
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import nn

# ---------------------------------------------------------------- tensor types


@pytest.mark.parametrize("name", sorted(tg._legacy.TYPES))
def test_tensor_types_build_and_recognise_tensors_of_their_dtype(name: str) -> None:
    kind = getattr(tg, name)
    made = kind([1, 0])
    assert made.dtype == kind.dtype
    assert isinstance(made, kind)
    assert made.tolist() == [1, 0]
    assert tuple(kind(2, 3).shape) == tuple(kind(tg.Size([2, 3])).shape) == (2, 3)
    assert kind().numel() == 0
    assert made.type() == f"torch.{name}" == tg.typename(made)
    assert tg.ones(2).type(kind).dtype == tg.ones(2).type(f"torch.{name}").dtype == kind.dtype
    others = [one for one in tg._legacy.TYPES if one != name]
    assert not any(isinstance(made, getattr(tg, one)) for one in others)
    assert issubclass(kind, tg.Tensor) is False


def test_tensor_types_say_what_they_do_not_take() -> None:
    for given in ((2.5,), ("12",), ([1], [2]), (None,), (2, 2.5), (2, "3"), (True,)):
        with pytest.raises(TypeError, match="FloatTensor"):
            tg.FloatTensor(*given)
    with pytest.raises(TypeError, match="float32"):
        tg.LongTensor(tg.ones(2))
    with pytest.raises(tg.ShapeError):
        tg.FloatTensor(-1)
    with pytest.raises(ValueError, match="invalid type"):
        tg.ones(1).type("float32")
    with pytest.raises(tg.DeviceError):
        tg.ones(1).type("torch.cuda.FloatTensor")
    with pytest.raises(TypeError, match="not available"):
        tg.cuda.FloatTensor(2)
    assert not isinstance(tg.ones(1), tg.cuda.FloatTensor)


def test_a_tensor_type_shares_the_memory_of_its_own_tensors() -> None:
    x = tg.ones(2, requires_grad=True)
    shared = tg.FloatTensor(x)
    assert shared.data_ptr() == x.data_ptr()
    assert not shared.requires_grad
    assert tg.FloatTensor(np.ones(2)).dtype == tg.float32


def test_tensor_takes_sizes_and_a_device() -> None:
    assert tuple(tg.Tensor(tg.Size([2, 3])).shape) == (2, 3)
    assert tuple(tg.Tensor(tg.ones(2, 3).size()).shape) == (2, 3)
    assert tuple(tg.Tensor(tg.Size([])).shape) == ()
    assert tuple(tg.Tensor(2, 3, device="cpu").shape) == (2, 3)
    assert tuple(tg.Tensor(np.int64(2), 3).shape) == (2, 3)
    assert tuple(tg.FloatTensor(np.int64(2), 3).shape) == (2, 3)
    assert tg.Tensor(np.ones(1, dtype=np.int64)).tolist() == [1.0]
    for wrong in ((True,), (2, True), (2, 2.5), (2, None)):
        with pytest.raises(TypeError):
            tg.Tensor(*wrong)
    assert tg.Tensor((2, 3)).tolist() == [2, 3]
    with pytest.raises(tg.DeviceError):
        tg.Tensor(2, device="cuda")
    with pytest.raises(TypeError):
        tg.Tensor(2, dtype=tg.float64)
    with pytest.raises(TypeError):
        tg.Tensor(2, device=3.5)


def test_new_resize_and_maps() -> None:
    x = tg.tensor([[1, 2], [3, 4]])
    assert x.new([5]).dtype == x.new(2).dtype == x.new().dtype == tg.int64
    y = tg.arange(4.0)
    pointer = y.data_ptr()
    assert y.resize_(2, 1).tolist() == [[0.0], [1.0]]
    assert y.data_ptr() == pointer
    assert y.resize_(3).tolist() == [0.0, 1.0, 0.0]
    assert y.resize_as_(x).tolist() == [[0.0, 1.0], [0.0, 0.0]]
    with pytest.raises(RuntimeError, match="requires grad"):
        tg.ones(2, requires_grad=True).resize_(1)
    with pytest.raises(RuntimeError, match="requires grad"):
        tg.ones(2, requires_grad=True).apply_(abs)
    for wrong in ((-1,), (2, -3), (2.5,), ([-1],), (2**62, 2**62)):
        with pytest.raises((ValueError, MemoryError)):
            tg.ones(2).resize_(*wrong)
    assert x.clone().apply_(lambda v: -v).tolist() == [[-1, -2], [-3, -4]]
    assert x.clone().map_(tg.tensor([10, 20]), lambda a, b: a + b).tolist() == [[11, 22], [13, 24]]


def test_limits_are_those_of_numpy() -> None:
    for name in ("float16", "float32", "float64"):
        own, theirs = tg.finfo(getattr(tg, name)), np.finfo(name)
        for field in ("max", "min", "eps", "tiny", "smallest_normal", "bits"):
            assert getattr(own, field) == getattr(theirs, field), (name, field)
    for name in ("int8", "uint8", "int16", "int32", "int64"):
        own, theirs = tg.iinfo(getattr(tg, name)), np.iinfo(name)
        assert (own.min, own.max, own.bits) == (theirs.min, theirs.max, theirs.bits)
    assert tg.finfo() == tg.finfo(tg.complex64) == tg.finfo(tg.float32) != tg.finfo(tg.float64)
    for wrong in (tg.int8, tg.bool, "float32", 3):
        with pytest.raises(TypeError):
            tg.finfo(wrong)
    for wrong in (tg.float32, tg.bool, None):
        with pytest.raises(TypeError):
            tg.iinfo(wrong)


def test_limits_are_printed_as_pytorch_prints_them() -> None:
    torch = pytest.importorskip("torch")
    for name in ("float16", "bfloat16", "float32", "float64"):
        assert repr(tg.finfo(getattr(tg, name))) == repr(torch.finfo(getattr(torch, name)))
    for name in ("int8", "uint8", "int16"):
        assert repr(tg.iinfo(getattr(tg, name))) == repr(torch.iinfo(getattr(torch, name)))


def test_frombuffer_reads_memory_and_checks_lengths() -> None:
    data = bytearray(np.arange(4, dtype="float32").tobytes())
    x = tg.frombuffer(data, dtype=tg.float32)
    data[:4] = np.float32(9).tobytes()
    assert x.tolist() == [9.0, 1.0, 2.0, 3.0]
    assert tg.frombuffer(data, dtype=tg.float32, count=2, offset=4).tolist() == [1.0, 2.0]
    assert tg.frombuffer(bytes(2), dtype=tg.bfloat16).dtype == tg.bfloat16
    with pytest.raises(RuntimeError):
        tg.frombuffer(bytes(4), dtype=tg.float32).add_(1)
    for options in ({"offset": 17}, {"offset": -1}, {"count": 5}, {"count": -2}, {"offset": 3}):
        with pytest.raises(ValueError, match="frombuffer"):
            tg.frombuffer(data, dtype=tg.float32, **options)
    with pytest.raises(TypeError):
        tg.frombuffer(3, dtype=tg.float32)


def test_variable_is_a_tensor_on_the_same_memory() -> None:
    x = tg.ones(2)
    y = tg.autograd.Variable(x, requires_grad=True)
    assert y.requires_grad
    assert not x.requires_grad
    assert y.data_ptr() == x.data_ptr()
    assert isinstance(x, tg.autograd.Variable)
    assert not isinstance(3, tg.autograd.Variable)
    with pytest.raises(TypeError):
        tg.autograd.Variable([1.0])


# ---------------------------------------------------------------- devices


def test_devices_can_be_named_and_using_them_is_refused() -> None:
    for name in ("cuda", "cuda:1", "mps", "xpu", "meta"):
        device = tg.device(name)
        assert str(device) == name
        assert copy.deepcopy(device) == device == pickle.loads(pickle.dumps(device))  # noqa: S301
        for use in (
            lambda d=device: tg.ones(2, device=d),
            lambda d=device: tg.ones(2).to(d),
            lambda d=device: nn.Linear(2, 2).to(d),
            lambda d=device: nn.Linear(2, 2, device=d),
            lambda d=device: tg.Generator(device=d),
            lambda d=device: tg.set_default_device(d),
            lambda d=device: d.__enter__(),
        ):
            with pytest.raises(tg.DeviceError):
                use()
    with tg.device("cpu") as device:
        assert tg.ones(1).device == device
    for wrong in ("foo", "cuda:x", "cuda:", "cpu:-1", "a b", ""):
        with pytest.raises(RuntimeError):
            tg.device(wrong)
    with pytest.raises(TypeError):
        tg.device(1.5)


def test_a_missing_gpu_raises_what_pytorch_raises() -> None:
    for use in (
        lambda: tg.ones(1).cuda(),
        lambda: tg.ones(1).cuda(0),
        lambda: tg.ones(1).to(0),
        lambda: tg.ones(1, device=0),
        lambda: tg.device(0),
        lambda: nn.Linear(1, 1).cuda(),
        tg.cuda.current_device,
        tg.cuda.synchronize,
        tg.cuda.get_device_name,
        tg.cuda.init,
        tg.cuda.Stream,
        tg.cuda.Event,
        tg.mps.empty_cache,
        lambda: tg.accelerator.set_device_index(0),
    ):
        with pytest.raises(AssertionError):  # built without CUDA
            use()
        with pytest.raises(RuntimeError):  # built with CUDA, without a card
            use()


def test_what_asks_for_a_gpu_answers_that_there_is_none() -> None:
    assert not tg.cuda.is_available()
    assert tg.cuda.device_count() == 0
    assert [tg.cuda.manual_seed(1), tg.cuda.manual_seed_all(1), tg.cuda.empty_cache()] == [None] * 3
    assert tg.cuda.max_memory_allocated() == tg.cuda.memory_reserved() == 0
    assert tg.cuda.get_rng_state_all() == []
    tg.cuda.set_rng_state_all([])
    with tg.cuda.stream(None), tg.cuda.device(0):
        pass
    assert not tg.backends.mps.is_available()
    assert not tg.mps.is_available()
    assert tg.version.cuda is None
    assert tg.get_default_device() == tg.device("cpu")


def test_switches_of_backends_can_be_set_and_read() -> None:
    import topograd.backends.cudnn as cudnn

    cudnn.benchmark = True
    assert tg.backends.cudnn.benchmark
    with cudnn.flags(enabled=False, benchmark=False):
        assert not cudnn.enabled
    assert cudnn.enabled
    assert cudnn.benchmark
    cudnn.benchmark = False
    with tg.backends.cuda.sdp_kernel(enable_flash=False):
        assert not tg.backends.cuda.flash_sdp_enabled()
    assert tg.backends.cuda.flash_sdp_enabled()


# ---------------------------------------------------------------- settings


def test_settings_are_kept_and_checked() -> None:
    tg.set_float32_matmul_precision("medium")
    assert tg.get_float32_matmul_precision() == "medium"
    tg.set_float32_matmul_precision("highest")
    with pytest.raises(ValueError, match="precision"):
        tg.set_float32_matmul_precision("x")
    tg.use_deterministic_algorithms(True, warn_only=True)
    assert tg.is_deterministic_algorithms_warn_only_enabled()
    assert tg.get_deterministic_debug_mode() == 1
    tg.set_deterministic_debug_mode("default")
    assert not tg.are_deterministic_algorithms_enabled()
    with pytest.raises(RuntimeError):
        tg.set_deterministic_debug_mode(7)
    with pytest.raises(TypeError):
        tg.set_default_tensor_type(tg.LongTensor)
    with pytest.raises(tg.DeviceError):
        tg.set_default_tensor_type("torch.cuda.FloatTensor")
    tg.set_default_tensor_type("torch.DoubleTensor")
    try:
        assert tg.get_default_dtype() == tg.float64
    finally:
        tg.set_default_tensor_type(tg.FloatTensor)


def test_compile_and_jit_give_back_what_they_get() -> None:
    model = nn.Linear(2, 1)
    assert tg.compile(model, fullgraph=True, mode="max-autotune")._orig_mod is model
    assert tg.compile(mode="default")(model)._orig_mod is model
    assert tg.jit.script(model) is model
    assert tg.jit.trace(model, tg.ones(1, 2)) is model
    with pytest.raises(tg.ShapeError):
        tg.jit.trace(model, (tg.ones(1, 3),))
    with pytest.raises(RuntimeError):
        tg.compile(model, mode="default", options={})
    with pytest.raises(TypeError):
        tg.compile(3)

    @tg.jit.ignore(drop=True)
    def ignored() -> int:
        return 1

    @tg.compiler.disable
    def disabled() -> int:
        return 2

    assert (ignored(), disabled()) == (1, 2)
    assert not tg.jit.is_scripting()
    with pytest.raises(RuntimeError):
        tg.jit.load("model.pt")


def test_a_group_of_one_process_talks_to_itself() -> None:
    dist = tg.distributed
    with pytest.raises(ValueError, match="not been initialized"):
        dist.get_rank()
    with pytest.raises(RuntimeError, match="one process"):
        dist.init_process_group("nccl", rank=0, world_size=2)
    dist.init_process_group("nccl", rank=0, world_size=1)
    try:
        x, parts = tg.arange(2.0), [tg.zeros(2)]
        dist.all_reduce(x, op=dist.ReduceOp.SUM)
        dist.all_gather(parts, x)
        dist.broadcast(x, src=0)
        dist.barrier()
        assert x.tolist() == parts[0].tolist() == [0.0, 1.0]
        assert (dist.get_rank(), dist.get_world_size(), dist.get_backend()) == (0, 1, "nccl")
        model = nn.parallel.DistributedDataParallel(nn.Linear(2, 1), device_ids=[0])
        assert list(model.state_dict()) == ["module.weight", "module.bias"]
    finally:
        dist.destroy_process_group()
    assert not dist.is_initialized()


def test_hub_downloads_nothing(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tg.hub, "_folder", None)
    tg.hub.set_dir(tmp_path)
    with pytest.raises(FileNotFoundError, match="downloads nothing"):
        tg.hub.load_state_dict_from_url("https://example.invalid/a/model-1a2b.pth")
    with pytest.raises(RuntimeError):
        tg.hub.load("a/b", "model")
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    tg.save({"w": tg.ones(1)}, str(folder / "model-1a2b.pth"))
    state = tg.hub.load_state_dict_from_url("https://example.invalid/a/model-1a2b.pth")
    assert state["w"].tolist() == [1.0]


def _double(rank: int, path: str) -> None:
    with open(f"{path}{rank}", "w") as file:
        file.write(str(2 * rank))


def test_multiprocessing_is_pythons_with_spawn(tmp_path: Any) -> None:
    import topograd.multiprocessing as mp

    mp.spawn(_double, args=(str(tmp_path / "rank"),), nprocs=2, start_method="fork")
    assert [(tmp_path / f"rank{i}").read_text() for i in range(2)] == ["0", "2"]
    with pytest.raises(RuntimeError, match="exit code"):
        mp.spawn(_double, args=("/no/such/folder/",), nprocs=1, start_method="fork")
    mp.set_sharing_strategy("file_system")
    with pytest.raises(ValueError, match="strategy"):
        mp.set_sharing_strategy("x")


# ---------------------------------------------------------------- small namespaces


def test_import_paths_of_pytorch_are_there() -> None:
    for name in """nn.parameter nn.functional nn.init nn.utils.rnn nn.utils.parametrize nn.parallel
        nn.utils.convert_parameters nn.modules.activation nn.modules.batchnorm nn.modules.container
        nn.modules.conv nn.modules.rnn nn.modules.padding nn.common_types
        nn.modules.upsampling nn.modules.transformer nn.modules.flatten nn.modules.loss
        nn.modules.module nn.modules.utils nn.attention
        optim.lr_scheduler optim.optimizer optim.adam optim.swa_utils optim.sgd utils.data
        utils.checkpoint utils.hooks utils.dlpack utils._pytree autograd.function
        autograd.functional autograd.variable autograd.grad_mode cuda.amp cuda.amp.grad_scaler
        cuda.amp.autocast_mode amp.autocast_mode amp.grad_scaler backends.cudnn backends.cuda
        backends.mps random testing special types version jit compiler hub distributed
        multiprocessing func linalg return_types accelerator mps xpu _dynamo""".split():
        assert importlib.import_module(f"topograd.{name}").__doc__


def test_importing_stays_free_of_what_is_seldom_used() -> None:
    code = "import sys, topograd; print(*sys.modules)"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(process.stdout.split())
    lazy = "cuda jit distributed hub multiprocessing porting backends special nn".split()
    assert not loaded & {f"topograd.{name}" for name in lazy}


def test_what_is_absent_names_the_nearest() -> None:
    with pytest.raises(AttributeError, match=r"nearest: .*graph"):
        tg.fx  # noqa: B018
    with pytest.raises(AttributeError, match=r"has no attribute 'no_such'$"):
        tg.no_such  # noqa: B018


def test_return_types_are_those_of_results() -> None:
    assert isinstance(tg.ones(2, 2).max(dim=0), tg.return_types.max)
    assert isinstance(tg.ones(2).sort(), tg.return_types.sort)
    with pytest.raises(AttributeError):
        tg.return_types.add  # noqa: B018


def test_foreach_works_on_lists() -> None:
    x, y = [tg.ones(2), tg.full((1,), 3.0)], [tg.ones(2), tg.ones(1)]
    assert [one.tolist() for one in tg._foreach_add(x, y)] == [[2.0, 2.0], [4.0]]
    assert tg._foreach_mul_(x, 2) is None
    tg._foreach_addcdiv_(x, y, y, 0.5)
    tg._foreach_maximum_(x, 3.0)
    assert [one.tolist() for one in x] == [[3.0, 3.0], [6.5]]
    tg._foreach_copy_(x, y)
    tg._foreach_zero_(y)
    assert [one.tolist() for one in x + y] == [[1.0, 1.0], [1.0], [0.0, 0.0], [0.0]]
    with pytest.raises(RuntimeError):
        tg._foreach_add(x, [1.0])
    with pytest.raises(AttributeError):
        tg._foreach_nothing  # noqa: B018


def test_functional_derivatives_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")

    def calls(library: Any) -> list[Any]:
        f = library.autograd.functional
        x = library.tensor([0.5, 1.5])
        y = library.tensor([2.0, 3.0])
        v = library.tensor([1.0, -1.0])
        results = [
            f.jacobian(lambda a: a.sin(), x),
            f.jacobian(lambda a, b: (a * b, a.sum()), (x, y)),
            f.hessian(lambda a: (a**3).sum(), x),
            f.hessian(lambda a, b: (a * a * b).sum(), (x, y)),
            f.vjp(lambda a: a * a, x, v),
            f.jvp(lambda a: a * a, x, v),
            f.vhp(lambda a: (a**3).sum(), x, v),
            f.hvp(lambda a: (a**3).sum(), x, v),
            f.jacobian(lambda a: library.ones(2), x),
        ]
        return [np.asarray(leaf.detach()) for leaf in _leaves(results)]

    for own, theirs in zip(calls(tg), calls(torch), strict=True):
        np.testing.assert_allclose(own, theirs, rtol=1e-6)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [leaf for one in value for leaf in _leaves(one)]
    return [value]


def test_functional_derivatives_keep_graphs_and_check_arguments() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    jacobian = tg.autograd.functional.jacobian(lambda a: a**3, x, create_graph=True)
    (second,) = tg.autograd.grad(jacobian.sum(), x)
    assert second.tolist() == [6.0, 12.0]
    with pytest.raises(RuntimeError, match="strict"):
        tg.autograd.functional.jacobian(lambda a: tg.ones(1), x, strict=True)
    with pytest.raises(RuntimeError, match="one output"):
        tg.autograd.functional.hessian(lambda a: a * 2, x)
    with pytest.raises(TypeError):
        tg.autograd.functional.jacobian(lambda a: a, [1.0])
    with pytest.raises(RuntimeError, match="shapes"):
        tg.autograd.functional.vjp(lambda a: a, x, tg.ones(3))


def test_modes_of_autocast_are_per_thread() -> None:
    seen = []
    with tg.autocast("cpu"):
        thread = threading.Thread(target=lambda: seen.append(tg.is_autocast_enabled("cpu")))
        thread.start()
        thread.join()
    assert seen == [False]
