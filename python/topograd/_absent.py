"""What PyTorch has and topograd has not, and what to use instead; for errors and for porting."""

from __future__ import annotations

# Name below `torch` -> what is nearest, or why there is nothing.
ADVICE = {
    "fx": "the recorded graph of a result: topograd.graph(y)",
    "sparse": "dense tensors; for products with an adjacency matrix, index_add or scatter_add",
    "sparse_coo_tensor": "dense tensors, or index_add and scatter_add",
    "sparse_csr_tensor": "dense tensors, or index_add and scatter_add",
    "spmm": "mm, on dense tensors",
    "hspmm": "mm, on dense tensors",
    "nested": "nn.utils.rnn.pad_sequence and a mask",
    "export": "topograd.graph(y)",
    "quantization": "nothing: there are no quantized tensors",
    "ao": "nothing: there are no quantized tensors",
    "quantize_per_tensor": "nothing: there are no quantized tensors",
    "classes": "Python classes",
    "library": "autograd.custom_op",
    "package": "topograd.save of a state_dict",
    "futures": "concurrent.futures",
    "symeig": "linalg.eigh",
    "eig": "linalg.eig of NumPy",
    "lstsq": "linalg.pinv(A) @ B",
    "gels": "linalg.pinv(A) @ B",
    "gesv": "linalg.solve",
    "solve": "linalg.solve",
    "triangular_solve": "linalg.solve_triangular",
    "matrix_rank": "linalg.matrix_rank",
    "vmap": "a loop and torch.stack",
    "func.vmap": "a loop and torch.stack",
    "func.linearize": "func.jvp",
    "autograd.graph": "Tensor.register_hook, topograd.graph(y), and utils.checkpoint",
    "autograd.forward_ad": "func.jvp",
    "nn.quantized": "nothing: there are no quantized tensors",
    "nn.attention.flex_attention": "nn.functional.scaled_dot_product_attention and a mask",
    "nn.parallel.replicate": "nothing: one device is computed on",
    "distributed.fsdp": "nothing: one process has the whole model",
    "utils.cpp_extension": "topograd.get_include() and topograd.get_cmake_dir()",
    "utils.benchmark": "timeit",
    "overrides": "nothing: functions take topograd's tensors alone",
    "storage": "data_ptr(), storage_offset() and element_size() of the tensor",
    "Storage": "data_ptr(), storage_offset() and element_size() of the tensor",
    "FloatStorage": "data_ptr(), storage_offset() and element_size() of the tensor",
    "TypedStorage": "data_ptr(), storage_offset() and element_size() of the tensor",
    "UntypedStorage": "data_ptr(), storage_offset() and element_size() of the tensor",
    "stft": "Tensor.unfold, and fft.rfft",
    "istft": "fft.irfft, and nn.functional.fold",
    "svd_lowrank": "linalg.svd",
    "pca_lowrank": "linalg.svd of the centred matrix",
    "lu": "linalg.solve",
    "uint16": "int32",
    "uint32": "int64",
    "uint64": "int64",
    "quint8": "uint8",
    "qint8": "int8",
    "qint32": "int32",
    "float8_e4m3fn": "float16",
    "float8_e5m2": "float16",
    "complex32": "complex64",
    "chalf": "complex64",
    "btrifact": "linalg.solve",
    "gradcheck": "autograd.gradcheck",
}
# Methods of Tensor.
METHOD_ADVICE = {
    "to_sparse": "the dense tensor",
    "storage": "data_ptr() and storage_offset()",
    "untyped_storage": "data_ptr() and storage_offset()",
    "solve": "topograd.linalg.solve",
    "symeig": "topograd.linalg.eigh",
}


def hint(name: str) -> str:
    """The end of a message on a name below `torch`: what is nearest; empty if nothing is."""
    while name:
        if name in ADVICE:
            return f"; nearest: {ADVICE[name]}"
        name = name.rpartition(".")[0]
    return ""


def message(name: str, module: str = "") -> str:
    """What an AttributeError says about a name that a module of the package does not have.

    >>> from topograd._absent import message
    >>> message("uint16")
    "module 'topograd' has no attribute 'uint16'; nearest: int32"
    >>> message("vmap", "func")
    "module 'topograd.func' has no attribute 'vmap'; nearest: a loop and torch.stack"
    """
    owner = f"topograd.{module}" if module else "topograd"
    full = f"{module}.{name}" if module else name
    return f"module '{owner}' has no attribute '{name}'{hint(full)}"
