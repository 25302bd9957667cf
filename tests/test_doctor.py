"""tg.doctor finds every planted bug, by its code and line, and is silent on clean programs."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

import topograd as tg

PROGRAMS = Path(__file__).parent / "doctor"
BUGS = sorted((PROGRAMS / "bugs").glob("*.py"))
CLEAN = sorted((PROGRAMS / "clean").glob("*.py"))


def examined(program: Path, **options: Any) -> Any:
    tg.manual_seed(0)
    names = runpy.run_path(str(program))
    return tg.doctor(names["step"], data=names.get("data"), **options)


def marks(program: Path, word: str) -> set[tuple[str, int]]:
    """The codes and lines that a program has in its comments."""
    lines = enumerate(program.read_text().splitlines(), 1)
    return {(found[1], n) for n, line in lines if (found := re.search(rf"# {word}: (\S+)", line))}


@pytest.mark.parametrize("program", BUGS, ids=lambda path: path.stem)
def test_planted_bugs_are_found_by_their_code_and_line_and_nothing_else(program):
    report = examined(program)
    found = {(one.code, one.line) for one in report}
    assert all(Path(one.where.partition(":")[0]) == program for one in report), str(report)
    planted = marks(program, "BUG")
    assert planted <= found, str(report)
    assert found <= planted | marks(program, "ALSO"), str(report)
    assert not report.ok
    assert all(one.evidence and one.cure for one in report)


@pytest.mark.parametrize("program", CLEAN, ids=lambda path: path.stem)
def test_clean_programs_raise_no_alarm(program):
    report = examined(program)
    assert report.error is None
    assert report.ok, str(report)
    assert not report.findings, str(report)


def test_there_are_programs_for_nearly_every_code_and_at_least_the_promised_number():
    from topograd.doctor.checks import CHECKS

    planted = {code for program in BUGS for code, _ in marks(program, "BUG")}
    planted |= {code for program in BUGS for code, _ in marks(program, "ALSO")}
    assert len(BUGS) >= 25
    assert len(CLEAN) >= 10
    assert set(CHECKS) - planted <= {"evaluation-recorded", "loss-grows"}


def test_the_page_of_codes_is_up_to_date():
    from topograd.doctor.page import page

    committed = Path(__file__).parent.parent / "docs" / "doctor.md"
    again = "run python -m topograd.doctor docs/doctor.md"
    assert committed.read_text(encoding="utf-8") == page(), again


def training() -> Any:
    model = tg.nn.Sequential(tg.nn.Linear(4, 8), tg.nn.BatchNorm1d(8), tg.nn.Linear(8, 1))
    optimizer = tg.optim.Adam(model.parameters())
    x, y = tg.randn(16, 4), tg.randn(16, 1)

    def step() -> None:
        optimizer.zero_grad()
        tg.nn.functional.mse_loss(model(x) + 0.01 * tg.randn(16, 1), y).backward()
        optimizer.step()

    return model, optimizer, step


def test_everything_is_put_back():
    model, optimizer, step = training()
    step()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    moments = {key: value.clone() for key, value in optimizer.state_dict()["state"][0].items()}
    gradient, state = model[0].weight.grad.clone(), tg.get_rng_state()
    assert tg.doctor(step).ok
    assert all(tg.equal(value, before[name]) for name, value in model.state_dict().items())
    now = optimizer.state_dict()["state"][0]
    assert all(tg.equal(tg.as_tensor(now[key]), moments[key]) for key in moments)
    assert tg.equal(model[0].weight.grad, gradient)
    assert tg.equal(tg.get_rng_state(), state)


def test_a_fresh_training_runs_the_same_with_and_without_a_check_up():
    tg.manual_seed(3)
    model, _, step = training()
    step()
    plain = model[0].weight.clone()
    tg.manual_seed(3)
    model, _, step = training()
    tg.doctor(step)
    step()
    assert tg.equal(model[0].weight, plain)


def test_without_restore_the_steps_have_been_made():
    tg.manual_seed(3)
    model, _, step = training()
    for _ in range(3):
        step()
    tg.manual_seed(3)
    other, _, step = training()
    tg.doctor(step, restore=False)
    assert tg.equal(other[0].weight, model[0].weight)


def test_what_was_watched_is_as_before_also_after_an_error():
    from topograd import _C
    from topograd.nn.utils import clip

    owners = (tg.Tensor, tg.optim.Optimizer, tg.optim.SGD, tg.nn.Module, _C, clip)
    before = [dict(vars(owner)) for owner in owners]

    def step() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tg.doctor(step)
    report = tg.doctor(lambda: 1 / 0)
    assert isinstance(report.error, ZeroDivisionError)
    assert report.codes == ["step-failed"]
    for owner, names in zip(owners, before, strict=True):
        assert {k: v for k, v in vars(owner).items() if names.get(k) is not v} == {}


def test_wrong_arguments_are_told():
    with pytest.raises(TypeError, match="doctor: step must be a function"):
        tg.doctor(3)
    with pytest.raises(ValueError, match="doctor: steps must be a positive number, got 0"):
        tg.doctor(lambda: None, steps=0)
    with pytest.raises(TypeError, match="doctor: data must be an iterable of batches, got int"):
        tg.doctor(lambda batch: None, data=3)
    with pytest.raises(ValueError, match="doctor: data gave no batch"):
        tg.doctor(lambda batch: None, data=[])
    with pytest.raises(TypeError, match=r"doctor: model must be an nn\.Module, got int"):
        tg.doctor(lambda: None, model=3)
    with pytest.raises(TypeError, match=r"doctor: optimizer must be an optim\.Optimizer, got str"):
        tg.doctor(lambda: None, optimizer="Adam")


def test_reports_print_and_show_in_a_notebook():
    report = examined(PROGRAMS / "bugs" / "loss_broadcast.py")
    text = str(report)
    assert text.startswith("tg.doctor: 1 error in 3 steps\n")
    assert "sub of (32, 1) and (32,) gives (32, 32)" in text
    assert max(map(len, text.splitlines())) <= 120
    assert "loss-broadcast" in report._repr_html_()
    assert "<script" not in tg.doctor(lambda: exec("raise ValueError('<script>')"))._repr_html_()
    assert len(report) == 1
    assert report.findings[0].severity == "error"


def test_an_evaluation_that_records_is_a_note():
    model = tg.nn.Linear(3, 1)
    report = tg.doctor(lambda: model(tg.randn(4, 3)).sum().item())
    assert report.codes == ["evaluation-recorded"]
    assert report.ok


def test_batches_of_data_are_handed_to_the_step():
    seen = []
    tg.doctor(lambda x, y: seen.append((x, y)), data=[(1, 2), [3, 4]])
    tg.doctor(lambda batch: seen.append(batch), data=[(1, 2)], steps=1)
    assert seen == [(1, 2), (3, 4), (1, 2)]


def test_a_check_up_within_a_check_up_is_possible():
    _, _, step = training()

    def nested() -> None:
        assert tg.doctor(step).ok
        step()

    assert tg.doctor(nested).ok


def test_a_recursion_without_end_is_told_and_everything_put_back():
    model, _, step = training()
    before = model[0].weight.clone()

    def deep(depth: int = 0) -> None:
        if depth == 0:
            step()
        deep(depth + 1)

    assert tg.doctor(deep).codes == ["step-failed"]
    assert tg.equal(model[0].weight, before)


def test_a_gradient_penalty_is_no_constant_input():
    critic = tg.nn.Sequential(tg.nn.Linear(4, 8), tg.nn.Tanh(), tg.nn.Linear(8, 1))
    optimizer = tg.optim.SGD(critic.parameters(), lr=0.01)
    generator = tg.Generator().manual_seed(0)

    def step():
        optimizer.zero_grad()
        x = tg.randn(32, 4, generator=generator, requires_grad=True)
        (slope,) = tg.autograd.grad(critic(x).sum(), x, create_graph=True)
        (critic(x).mean() + ((slope.norm(dim=1) - 1) ** 2).mean()).backward()
        optimizer.step()

    assert "constant-input" not in tg.doctor(step).codes
