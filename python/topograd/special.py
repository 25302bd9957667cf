"""Special functions under the names of `torch.special`.

>>> import topograd as tg
>>> tg.special.expit(tg.zeros(1))
tensor([0.5000])
"""

from __future__ import annotations

from topograd import _C

# Name here -> op of the registry.
_NAMES = {
    "digamma": "digamma",
    "erf": "erf",
    "erfc": "erfc",
    "erfinv": "erfinv",
    "exp2": "exp2",
    "expit": "sigmoid",
    "expm1": "expm1",
    "gammaln": "lgamma",
    "i0": "i0",
    "log1p": "log1p",
    "log_softmax": "log_softmax",
    "logit": "logit",
    "logsumexp": "logsumexp",
    "multigammaln": "mvlgamma",
    "polygamma": "polygamma",
    "psi": "digamma",
    "round": "round",
    "sinc": "sinc",
    "softmax": "softmax",
    "xlogy": "xlogy",
}
__all__ = sorted(name for name, op in _NAMES.items() if op in _C.functions)
globals().update({name: _C.functions[_NAMES[name]] for name in __all__})
