"""A graph convolutional network that finds the communities of a graph from a few known members."""

import math
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch.nn import Module, ModuleList
from torch.nn.parameter import Parameter


class GraphConvolution(Module):
    """The features of a node are mixed with those of its neighbours, then mapped."""

    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(torch.empty(in_features, out_features))
        if bias:
            self.bias = Parameter(torch.empty(out_features))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        stdv = 1.0 / math.sqrt(self.weight.size(1))
        self.weight.data.uniform_(-stdv, stdv)
        if self.bias is not None:
            self.bias.data.uniform_(-stdv, stdv)

    def forward(self, x, edge_index, edge_weight):
        support = torch.mm(x, self.weight)
        source, target = edge_index
        messages = support[source] * edge_weight.unsqueeze(-1)
        output = torch.zeros_like(support).index_add(0, target, messages)
        return output if self.bias is None else output + self.bias

    def extra_repr(self):
        return f"{self.in_features} -> {self.out_features}"


class GCN(Module):
    def __init__(self, sizes, dropout):
        super().__init__()
        self.layers = ModuleList([GraphConvolution(a, b) for a, b in pairwise(sizes)])
        self.dropout = dropout

    def forward(self, x, edge_index, edge_weight):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x, edge_index, edge_weight))
            x = F.dropout(x, self.dropout, training=self.training)
        return F.log_softmax(self.layers[-1](x, edge_index, edge_weight), dim=1)


def community_graph(rng, nodes=60, groups=3):
    """Edges are likely within a group; features are noisy hints."""
    labels = np.arange(nodes) % groups
    same = labels[:, None] == labels[None, :]
    drawn = rng.random((nodes, nodes)) < np.where(same, 0.25, 0.02)
    adjacency = np.triu(drawn, 1)
    adjacency = adjacency | adjacency.T | np.eye(nodes, dtype=bool)
    features = np.eye(groups)[labels] + 1.5 * rng.standard_normal((nodes, groups))
    return torch.from_numpy(adjacency), torch.FloatTensor(features), torch.LongTensor(labels)


def normalized_edges(adjacency):
    """Edges with the weights 1 / sqrt(degree · degree)."""
    degree = adjacency.sum(dim=1).float()
    edge_index = adjacency.nonzero().t()
    scale = degree.pow(-0.5)
    return edge_index, scale[edge_index[0]] * scale[edge_index[1]]


def accuracy(output, labels):
    predictions = output.max(1)[1].type_as(labels)
    return predictions.eq(labels).double().sum() / len(labels)


def main(initialize=None, epochs=40):
    rng = np.random.default_rng(42)
    adjacency, features, labels = community_graph(rng)
    edge_index, edge_weight = normalized_edges(adjacency)
    train_mask = torch.zeros(len(labels), dtype=torch.bool)
    train_mask[torch.from_numpy(rng.permutation(len(labels))[:15])] = True
    model = GCN([3, 16, 3], dropout=0.0)
    if initialize is not None:
        initialize(model)
    print(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, weight_decay=5e-4)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=5)
    losses = []
    for epoch in range(epochs):
        model.train()
        optimizer.zero_grad()
        output = model(features, edge_index, edge_weight)
        loss_train = F.nll_loss(output[train_mask], labels[train_mask])
        loss_train.backward()
        optimizer.step()
        losses.append(loss_train.item())
        model.eval()
        with torch.no_grad():
            output = model(features, edge_index, edge_weight)
            loss_val = F.nll_loss(output[~train_mask], labels[~train_mask])
            acc_val = accuracy(output[~train_mask], labels[~train_mask])
        scheduler.step(loss_val)
        if epoch % 10 == 0:
            print(
                f"Epoch: {epoch + 1:04d} loss_train: {loss_train.item():.4f} "
                f"loss_val: {loss_val.item():.4f} acc_val: {acc_val.item():.4f}"
            )
    return losses


if __name__ == "__main__":
    main()
