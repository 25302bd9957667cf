"""A neural ordinary differential equation, with gradients by the adjoint equation."""

from itertools import pairwise

import numpy as np
import torch
import torch.nn as nn


class ODEFunc(nn.Module):
    def __init__(self, dim=2, hidden=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(dim, hidden), nn.Tanh(), nn.Linear(hidden, dim))
        for m in self.net.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, mean=0, std=0.1)
                nn.init.constant_(m.bias, val=0)

    def forward(self, t, y):
        return self.net(y**3)


def rk4_step(func, t, y, dt):
    k1 = func(t, y)
    k2 = func(t + dt / 2, y + dt / 2 * k1)
    k3 = func(t + dt / 2, y + dt / 2 * k2)
    k4 = func(t + dt, y + dt * k3)
    return y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def odeint(func, y0, times):
    """Values of the solution at the times, differentiable through all steps."""
    values = [y0]
    for start, end in pairwise(times):
        values.append(rk4_step(func, start, values[-1], end - start))
    return torch.stack(values)


class AdjointStep(torch.autograd.Function):
    """One step whose backward computes the step again, so that nothing inside is kept."""

    @staticmethod
    def forward(ctx, func, t, dt, y, *params):
        ctx.func, ctx.t, ctx.dt = func, t, dt
        with torch.no_grad():
            result = rk4_step(func, t, y, dt)
        ctx.save_for_backward(y)
        return result

    @staticmethod
    def backward(ctx, grad_output):
        (y,) = ctx.saved_tensors
        params = tuple(ctx.func.parameters())
        with torch.enable_grad():
            y = y.detach().requires_grad_(True)
            result = rk4_step(ctx.func, ctx.t, y, ctx.dt)
        grads = torch.autograd.grad(result, (y, *params), grad_output)
        return (None, None, None, *grads)


def odeint_adjoint(func, y0, times):
    values = [y0]
    params = tuple(func.parameters())
    for start, end in pairwise(times):
        values.append(AdjointStep.apply(func, start, end - start, values[-1], *params))
    return torch.stack(values)


def spiral(times):
    """The solution that is to be found: dy/dt = A y³."""
    matrix = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]])
    with torch.no_grad():
        return odeint(lambda t, y: (y**3) @ matrix, torch.tensor([[2.0, 0.0]]), times)


def get_batch(true_y, times, rng, batch_time=6, batch_size=8):
    starts = torch.from_numpy(rng.choice(len(times) - batch_time, batch_size, replace=False))
    batch_y = torch.stack([true_y[starts + i] for i in range(batch_time)], dim=0)
    return true_y[starts], times[:batch_time], batch_y


def main(initialize=None, steps=30):
    rng = np.random.default_rng(0)
    times = torch.linspace(0.0, 5.0, 101)
    true_y = spiral(times)
    func = ODEFunc()
    if initialize is not None:
        initialize(func)
    optimizer = torch.optim.RMSprop(func.parameters(), lr=5e-3)
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        y0, batch_t, batch_y = get_batch(true_y, times, rng)
        solve = odeint_adjoint if step % 2 else odeint
        loss = torch.mean(torch.abs(solve(func, y0, batch_t) - batch_y))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if step % 10 == 0:
            with torch.no_grad():
                whole = (odeint(func, true_y[0], times) - true_y).abs().mean()
            print(f"Iter {step:04d} | loss {loss.item():.6f} | whole path {whole.item():.4f}")
    return losses


if __name__ == "__main__":
    main()
