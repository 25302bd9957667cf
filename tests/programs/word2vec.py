"""Word vectors by skip-grams with negative samples."""

import collections

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset, SubsetRandomSampler, random_split

SENTENCES = [
    "the king rules the land and the queen rules the land",
    "the dog chases the cat and the cat chases the mouse",
    "the king loves the queen and the queen loves the king",
    "the mouse eats cheese and the dog eats meat",
    "a river runs through the land to the sea",
    "a cat sleeps while the mouse eats cheese",
]


class SkipGrams(Dataset):
    def __init__(self, sentences, window=2, negatives=4, seed=0):
        words = [sentence.split() for sentence in sentences]
        counts = collections.Counter(word for sentence in words for word in sentence)
        self.vocabulary = [word for word, _ in counts.most_common()]
        self.index = {word: i for i, word in enumerate(self.vocabulary)}
        weights = np.array([counts[word] for word in self.vocabulary]) ** 0.75
        self.pairs = []
        for sentence in words:
            ids = [self.index[word] for word in sentence]
            for i, center in enumerate(ids):
                around = ids[max(0, i - window) : i] + ids[i + 1 : i + 1 + window]
                self.pairs += [(center, context) for context in around]
        rng = np.random.default_rng(seed)
        size = (len(self.pairs), negatives)
        self.negatives = rng.choice(len(weights), size, p=weights / weights.sum())
        rng.shuffle(self.pairs)

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        center, context = self.pairs[index]
        return center, context, self.negatives[index]


class SkipGramModel(nn.Module):
    def __init__(self, vocabulary, dim=16):
        super().__init__()
        self.u_embeddings = nn.Embedding(vocabulary, dim)
        self.v_embeddings = nn.Embedding(vocabulary, dim)
        bound = 0.5 / dim
        nn.init.uniform_(self.u_embeddings.weight.data, -bound, bound)
        nn.init.constant_(self.v_embeddings.weight.data, 0)

    def forward(self, center, context, negatives):
        u = self.u_embeddings(center)
        v = self.v_embeddings(context)
        positive = F.logsigmoid(torch.clamp(torch.sum(u * v, dim=1), max=10, min=-10))
        noise = torch.bmm(self.v_embeddings(negatives), u.unsqueeze(2)).squeeze(2)
        return -(positive + F.logsigmoid(-noise).sum(dim=1)).mean()

    def most_similar(self, index, count=3):
        with torch.no_grad():
            vectors = self.u_embeddings.weight
            scores = F.cosine_similarity(vectors[index].unsqueeze(0), vectors)
            scores[index] = -1.0
            return torch.topk(scores, count).indices.tolist()


def main(initialize=None, epochs=6):
    dataset = SkipGrams(SENTENCES)
    held_out, rest = random_split(dataset, [20, len(dataset) - 20])
    assert len(held_out) == 20
    assert len(SubsetRandomSampler(rest.indices)) == len(rest)
    loader = DataLoader(dataset, batch_size=32, shuffle=False, drop_last=False)
    model = SkipGramModel(len(dataset.vocabulary))
    if initialize is not None:
        initialize(model)
    optimizer = torch.optim.Adagrad(model.parameters(), lr=0.2)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=3 * len(loader))
    losses = []
    for epoch in range(epochs):
        for center, context, negatives in loader:
            optimizer.zero_grad()
            loss = model(center, context, negatives)
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
        print(f"epoch {epoch}: {np.mean(losses[-len(loader) :]):.4f}")
    for word in ("king", "cat"):
        similar = model.most_similar(dataset.index[word])
        print(word, "->", ", ".join(dataset.vocabulary[i] for i in similar))
    return losses


if __name__ == "__main__":
    main()
