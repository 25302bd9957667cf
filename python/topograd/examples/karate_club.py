"""A graph network tells who joined whom when Zachary's karate club split, from two known members.

The 34 members of a karate club were seen to meet outside of it in 78 pairs. After a quarrel between
the instructor (1) and the president (34) half of them founded a new club. A graph
convolution mixes what neighbours know: H' = relu(A H W) with A = D^-1/2 (M + 1) D^-1/2, where M is
the matrix of the meetings, 1 adds each member to its own neighbours, and D holds the row sums
(Kipf and Welling, 2017). After two of them a member knows of all that are two meetings away.
Nothing but the graph is given, and the loss is taken at the instructor and at the president only:
the sides of the other 32 follow from whom they meet.

Data: W. W. Zachary, An Information Flow Model for Conflict and Fission in Small Groups, 1977.
Expected result: an accuracy of at least 0.93, 30 of the other 32 members on the right side. Member
9, who met both camps, is the hard one: he stayed with the instructor.
The picture shows the loss, the accuracy, and the club as the network sees it.
"""

from __future__ import annotations

from collections.abc import Sequence

import topograd as tg
from topograd import nn
from topograd._C import Tensor
from topograd.examples._panels import Points
from topograd.examples._run import Run
from topograd.nn import functional as F
from topograd.optim import Adam

MEMBERS, INSTRUCTOR, PRESIDENT = 34, 1, 34
# Whom each member met, of those with a larger number: "member: others".
MEETINGS = """
1: 2 3 4 5 6 7 8 9 11 12 13 14 18 20 22 32; 2: 3 4 8 14 18 20 22 31;
3: 4 8 9 10 14 28 29 33; 4: 8 13 14; 5: 7 11; 6: 7 11 17; 7: 17; 9: 31 33 34; 10: 34;
14: 34; 15: 33 34; 16: 33 34; 19: 33 34; 20: 34; 21: 33 34; 23: 33 34; 24: 26 28 30 33 34;
25: 26 28 32; 26: 32; 27: 30 34; 28: 34; 29: 32 34; 30: 33 34; 31: 33 34; 32: 33 34;
33: 34
"""
# The members who stayed with the instructor; the others followed the president.
WITH_INSTRUCTOR = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 17, 18, 20, 22]


def meetings() -> Tensor:
    """Return who met whom: (34, 34), 1 or 0, symmetric."""
    matrix = tg.zeros(MEMBERS, MEMBERS)
    for row in MEETINGS.split(";"):
        member, others = row.split(":")
        for other in others.split():
            matrix[int(member) - 1, int(other) - 1] = 1.0
    return matrix + matrix.T


def sides() -> Tensor:
    """Return the side of each member: (34,), 0 with the instructor, 1 with the president."""
    return tg.tensor([int(member not in WITH_INSTRUCTOR) for member in range(1, MEMBERS + 1)])


class GraphNetwork(nn.Module):
    """Two graph convolutions: who met whom, (34, 34), to the (34, 2) logits of the two sides."""

    mixing: Tensor

    def __init__(self, adjacency: Tensor, hidden: int) -> None:
        super().__init__()
        joined = adjacency + tg.eye(MEMBERS)
        scale = joined.sum(dim=1).rsqrt()
        self.register_buffer("mixing", scale.unsqueeze(1) * joined * scale)
        self.first = nn.Linear(MEMBERS, hidden, bias=False)
        self.second = nn.Linear(hidden, 2, bias=False)

    def forward(self) -> Tensor:
        """Return the logits; the features of the members are one-hot."""
        members = F.relu(self.mixing @ self.first(tg.eye(MEMBERS)))
        logits: Tensor = self.mixing @ self.second(members)
        return logits


def layout(adjacency: Tensor, steps: int = 300) -> Tensor:
    """Return places to draw the members at, (34, 2): springs between those who meet, all repel.

    Gradient descent on an energy finds them: anything that can be differentiated can be minimised.
    """
    places = tg.randn(MEMBERS, 2, requires_grad=True)
    optimizer = Adam([places], lr=0.3)
    for _ in range(steps):
        squares = ((places.unsqueeze(0) - places.unsqueeze(1)) ** 2).sum(dim=2)
        energy = (adjacency * squares / 2 - 2 * (squares + 0.01).log()).sum()
        optimizer.zero_grad()
        energy.backward()
        optimizer.step()
    return places.detach()


def drawn(found: Tensor, right: Tensor) -> Points:
    """Return a panel of the club: the sides that were `found`, and where they are not `right`."""
    at = [(x, y) for x, y in layout(meetings()).tolist()]
    groups: dict[str, list[tuple[float, float]]] = {"instructor": [], "president": [], "wrong": []}
    for place, side, true in zip(at, found.tolist(), right.tolist(), strict=True):
        groups[list(groups)[side if side == true else 2]].append(place)
    links = [(at[a], at[b]) for a, b in meetings().nonzero().tolist() if a < b]
    names = {place: str(number) for number, place in enumerate(at, start=1)}
    return Points("Members and the side found for each", "", "", groups, links, names, 8)


def main(argv: Sequence[str] | None = None) -> None:
    """Train, print the accuracy, draw the club."""
    run = Run("karate_club", __doc__, argv, steps=200, hidden=16, lr=1e-2)
    right = sides()
    known = tg.tensor([INSTRUCTOR - 1, PRESIDENT - 1])
    others = tg.ones(MEMBERS, dtype=tg.bool).index_fill(0, known, False)
    model = GraphNetwork(meetings(), run.options.hidden)
    optimizer = Adam(model.parameters(), lr=run.options.lr, weight_decay=5e-4)
    for _ in run.steps(run.options.steps, "step"):
        logits = model()
        loss = F.cross_entropy(logits[known], right[known])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found = logits.argmax(dim=1)
        accuracy = (found == right)[others].float().mean().item()
        run.record(loss=loss.item(), accuracy=accuracy)
    run.finish(
        "accuracy on the other 32 members",
        accuracy,
        run.lines("Cross-entropy of two members", "nats", "loss", logarithmic=True),
        run.lines("The other 32 members", "share on the right side", "accuracy"),
        drawn(found, right),
    )


if __name__ == "__main__":
    main()
