"""Kullback-Leibler divergences, by the pair of types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from warnings import warn

import topograd as tg
from topograd._C import Tensor
from topograd.distributions.distribution import Distribution

__all__ = ["kl_divergence", "register_kl"]

Rule = TypeVar("Rule", bound=Callable[..., Tensor])
Pair = tuple[type[Distribution], type[Distribution]]

_rules: dict[Pair, Callable[..., Tensor]] = {}
_found: dict[Pair, Callable[..., Tensor]] = {}


def register_kl(type_p: type[Distribution], type_q: type[Distribution]) -> Callable[[Rule], Rule]:
    """Decorates a function (p, q) that gives the divergence for these types and their subclasses.

    The most special pair of types wins; when two rules are equally special, that of the more
    special p, with a RuntimeWarning.

    >>> import topograd as tg
    >>> D = tg.distributions
    >>> class Mine(D.Normal):
    ...     pass
    >>> @D.register_kl(Mine, Mine)
    ... def kl_of_mine(p, q):
    ...     return tg.zeros(())
    >>> D.kl_divergence(Mine(0.0, 1.0), Mine(1.0, 1.0))
    tensor(0.)
    """
    for one in (type_p, type_q):
        given: object = one
        if not (isinstance(given, type) and issubclass(given, Distribution)):
            raise TypeError(f"register_kl: expects subclasses of Distribution, got {one!r}")

    def decorate(rule: Rule) -> Rule:
        _rules[type_p, type_q] = rule
        _found.clear()
        return rule

    return decorate


def _rule_for(type_p: type[Distribution], type_q: type[Distribution]) -> Callable[..., Tensor]:
    """The rule of the most special pair of superclasses."""
    known = _found.get((type_p, type_q))
    if known is not None:
        return known
    _load_rules()
    pairs = [(p, q) for p, q in _rules if issubclass(type_p, p) and issubclass(type_q, q)]
    if not pairs:
        raise NotImplementedError(
            f"kl_divergence: no rule is registered for {type_p.__name__} and {type_q.__name__}"
        )

    def by_p(pair: Pair) -> tuple[int, int]:
        return type_p.__mro__.index(pair[0]), type_q.__mro__.index(pair[1])

    def by_q(pair: Pair) -> tuple[int, int]:
        return by_p(pair)[1], by_p(pair)[0]

    best, other = min(pairs, key=by_p), min(pairs, key=by_q)
    if _rules[best] is not _rules[other]:
        warn(
            f"kl_divergence: ambiguous for {type_p.__name__} and {type_q.__name__}: taken is the "
            f"rule of {best[0].__name__} and {best[1].__name__}, register one for the pair",
            RuntimeWarning,
            stacklevel=3,
        )
    rule = _found[type_p, type_q] = _rules[best]
    return rule


def _load_rules() -> None:
    """Registers the library's own rules, which import every distribution."""
    import topograd.distributions._kl_families
    import topograd.distributions._kl_pairs  # noqa: F401


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """The Kullback-Leibler divergence ∫ p log(p / q), of the broadcast batch shape.

    Raises NotImplementedError when no rule is registered for the two types.

    >>> import topograd as tg
    >>> D = tg.distributions
    >>> D.kl_divergence(D.Normal(1.0, 1.0), D.Normal(0.0, 1.0))
    tensor(0.5000)
    """
    for one in (p, q):
        if not isinstance(one, Distribution):
            raise TypeError(f"kl_divergence: expects distributions, got {type(one).__name__}")
    return _rule_for(type(p), type(q))(p, q)


def infinite_like(tensor: Tensor) -> Tensor:
    """Infinity: p has values that q never gives."""
    return tg.full_like(tensor, float("inf"))


def masked(value: Tensor, infinite: Any) -> Tensor:
    """The value, infinity where told."""
    return value.masked_fill(infinite, float("inf"))
