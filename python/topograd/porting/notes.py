"""What exists under PyTorch's name and behaves differently; a line for each."""

from __future__ import annotations

# Beginnings of names: the longest that fits counts.
DIFFERENT = {
    "torch.__version__": "the version of topograd; under as_torch() that of the PyTorch it follows",
    "torch.save": "writes safetensors and JSON, no pickle: a state_dict, not a module",
    "torch.load": "reads data only; nothing in a file is ever run",
    "torch.compile": "gives the function back, which runs op by op",
    "torch.compiler": "nothing is compiled",
    "torch._dynamo": "nothing is compiled",
    "torch.jit.save": "raises: there are no programs to save; save the state_dict",
    "torch.jit.load": "raises: programs in files are not run",
    "torch.jit": "functions and modules come back as they are and run as Python",
    "torch.hub": "nothing is downloaded: files must lie in the folder already",
    "torch.cuda.amp": "warns that there is no GPU and does nothing; use torch.autocast('cpu')",
    "torch.cuda": "answers as PyTorch does without a GPU",
    "torch.mps": "answers as PyTorch does without a GPU",
    "torch.xpu": "answers as PyTorch does without a GPU",
    "torch.accelerator": "answers as PyTorch does without a GPU",
    "torch.backends": "switches can be set and read, and change nothing",
    "torch.distributed": "one process alone: a group of one can be made, more are refused",
    "torch.nn.DataParallel": "calls its module: there is one device",
    "torch.nn.parallel": "calls its module: there is one device",
    "torch.manual_seed": "the same seed gives other random numbers than PyTorch's",
    "torch.Generator": "the same seed gives other random numbers than PyTorch's",
    "torch.utils.data.DataLoader": "workers are threads unless processes are asked for",
    "torch.multiprocessing": "tensors that are sent to another process are copied",
    "torch.set_default_device": "takes the CPU only",
    "torch.use_deterministic_algorithms": "results are deterministic in any case",
    "torch.set_float32_matmul_precision": "products keep the precision of float32 in any case",
    "torch.empty": "gives zeros: memory that was not written is never seen",
    "torch.ops": "a function that lists topograd's ops; there are no namespaces of ops below it",
    "torch.autograd.Variable": "a tensor; volatile means nothing",
}
METHODS = {
    "cuda": "raises DeviceError: there is no GPU; ask torch.cuda.is_available()",
    "pin_memory": "gives the tensor back",
    "share_memory_": "gives the tensor back: threads share all memory",
    "record_stream": "does nothing: there are no streams",
    "to_dense": "gives the tensor back: all are dense",
    "coalesce": "raises RuntimeError, as PyTorch's for a dense tensor: there are no sparse ones",
    "is_coalesced": "raises RuntimeError, as PyTorch's for a dense tensor",
    "crow_indices": "raises RuntimeError, as PyTorch's for a dense tensor",
}
PACKAGES = {
    "pickle": "tensors and modules pickle by value; torch.save does not use pickle",
    **dict.fromkeys(
        """accelerate apex bitsandbytes deepspeed diffusers fairscale fastai functorch
        ignite kornia lightning lightning_fabric peft pytorch_lightning sentence_transformers
        tensordict timm torch_geometric torch_scatter torch_sparse torchaudio torchmetrics torchtext
        torchvision transformers triton xformers""".split(),
        "is built on PyTorch itself; under as_torch() it may import, and may fail later",
    ),
}
DEVICE = "there is no such device: using it raises DeviceError"


def note_on(name: str) -> str:
    """What is different about a name below torch; "" for nothing.

    >>> from topograd.porting.notes import note_on
    >>> note_on("torch.jit.script")
    'functions and modules come back as they are and run as Python'
    >>> note_on("torch.nn.Linear")
    ''
    """
    while name:
        if name in DIFFERENT:
            return DIFFERENT[name]
        name = name.rpartition(".")[0]
    return ""
