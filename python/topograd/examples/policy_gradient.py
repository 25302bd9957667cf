"""Policy gradient: a network learns to balance a pole on a cart by trial and reward alone.

The cart is pushed to the left or to the right at every step of 0.02 seconds. An episode ends when
the pole leans by more than 12 degrees, when the cart is more than 2.4 m from the middle, or after
500 steps; each step is worth a reward of 1. The policy gives the probability of either push in the
state that it sees: the cart's place and speed, the pole's angle and angular speed. Nobody tells it
which push is right. REINFORCE (Williams, 1992) plays episodes and makes each push that was drawn
likelier, in proportion to its advantage: how much the discounted sum of the rewards after it is
larger than what is usual at that time of an episode, the mean over the episodes played beside it.
This follows the gradient of the expected return: E[sum_t grad log pi(a_t | s_t) advantage_t].

Data: generated; the cart-pole of Barto, Sutton and Anderson (1983) is written out below.
Expected result: a mean episode length of at least 450, of 500 steps, in 200 new episodes; a push
drawn by chance each time balances for 22.
The picture shows the mean episode length while it learns, and how the pole moves in one episode.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import topograd as tg
from topograd import nn
from topograd._C import Tensor
from topograd.examples._panels import Lines
from topograd.examples._run import Run
from topograd.nn import functional as F
from topograd.optim import Adam

GRAVITY, CART, POLE, HALF_LENGTH, FORCE, TIME = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02
WIDEST, STEEPEST, LONGEST, TESTED = 2.4, math.radians(12), 500, 200
DISCOUNT = 0.99


def moved(states: Tensor, right: Tensor) -> Tensor:
    """Return the (N, 4) states after one step; right: (N,) bool, the pushes."""
    _, speed, angle, turning = states.unbind(1)
    force = tg.where(right, FORCE, -FORCE)
    sine, cosine, mass = angle.sin(), angle.cos(), CART + POLE
    push = (force + POLE * HALF_LENGTH * turning**2 * sine) / mass
    swing = (GRAVITY * sine - cosine * push) / (HALF_LENGTH * (4 / 3 - POLE * cosine**2 / mass))
    slide = push - POLE * HALF_LENGTH * swing * cosine / mass
    changes = tg.stack([speed, slide, turning, swing], dim=1)
    return states + TIME * changes


def play(policy: Callable[[Tensor], Tensor], episodes: int) -> tuple[Tensor, Tensor, Tensor]:
    """Play episodes side by side until all have ended.

    Returns the states (T, N, 4), the pushes (T, N) as bool, and alive (T, N): 1 up to the step with
    which an episode ends, then 0. T is the length of the longest.
    """
    state, alive = 0.1 * tg.rand(episodes, 4) - 0.05, tg.ones(episodes)
    states: list[Tensor] = []
    pushes: list[Tensor] = []
    alives: list[Tensor] = []
    with tg.no_grad():
        while len(states) < LONGEST and alive.any():
            right = tg.rand(episodes) < policy(state).sigmoid()
            states.append(state)
            pushes.append(right)
            alives.append(alive)
            state = moved(state, right)
            fallen = (state[:, 0].abs() > WIDEST) | (state[:, 2].abs() > STEEPEST)
            alive = alive * (~fallen)
    return tg.stack(states), tg.stack(pushes), tg.stack(alives)


def advantages(alive: Tensor) -> Tensor:
    """Return what each push was worth beyond the usual: (T, N), of deviation 1."""
    returns, later = [], tg.zeros(alive.size(1))
    for reward in alive.flip(0):
        later = reward + DISCOUNT * later
        returns.append(later)
    worth = tg.stack(returns).flip(0)
    worth = worth - worth.mean(dim=1, keepdim=True)
    return worth * (alive.sum() / (alive * worth**2).sum().clamp(min=1e-6)).sqrt()


def main(argv: Sequence[str] | None = None) -> None:
    """Train, print the mean episode length, draw an episode."""
    run = Run("policy_gradient", __doc__, argv, steps=100, hidden=64, batch_size=64, lr=1e-2)
    model = nn.Sequential(nn.Linear(4, run.options.hidden), nn.Tanh())
    model.append(nn.Linear(run.options.hidden, 1))
    optimizer = Adam(model.parameters(), lr=run.options.lr)

    def policy(states: Tensor) -> Tensor:
        """Return the logits of a push to the right: (..., 4) to (...)."""
        logits: Tensor = model(states).squeeze(-1)
        return logits

    for _ in run.steps(run.options.steps, "step"):
        states, right, alive = play(policy, run.options.batch_size)
        surprise = F.binary_cross_entropy_with_logits(
            policy(states), right.float(), reduction="none"
        )  # -log pi(a | s)
        loss = (surprise * advantages(alive) * alive).sum() / alive.sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run.record(episode_length=alive.sum(dim=0).mean().item())

    states, _, alive = play(policy, TESTED)
    length = int(alive[:, 0].sum().item())
    times = [TIME * step for step in range(length)]
    shown = states[:length, 0]
    run.finish(
        "mean episode length",
        alive.sum(dim=0).mean().item(),
        run.lines("While it learns", "mean episode length", "episode_length"),
        Lines(
            "One episode afterwards",
            "seconds",
            "cart in metres, pole in radians",
            {"cart": (times, shown[:, 0].tolist()), "pole": (times, shown[:, 2].tolist())},
        ),
    )


if __name__ == "__main__":
    main()
