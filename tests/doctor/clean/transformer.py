import topograd as tg
import topograd.nn.functional as F
from topograd import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 4, batch_first=True)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x, mask):
        y = self.before(x)
        x = x + self.attention(y, y, y, attn_mask=mask, need_weights=False)[0]
        return x + self.mlp(self.between(x))


class Language(nn.Module):
    def __init__(self, vocabulary=20, width=32, length=16):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(2))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, ids):
        mask = tg.triu(tg.ones(ids.shape[1], ids.shape[1], dtype=tg.bool), 1)
        x = self.tokens(ids) + self.places(tg.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x, mask)
        return self.head(self.norm(x))


model = Language()
optimizer = tg.optim.AdamW(model.parameters(), lr=3e-4)
warmup = tg.optim.lr_scheduler.LambdaLR(optimizer, lambda t: min(1.0, t / 10))
text = tg.randint(0, 20, (16, 17))


def step():
    logits = model(text[:, :-1])
    loss = F.cross_entropy(logits.flatten(0, 1), text[:, 1:].flatten())
    loss.backward()
    optimizer.step()
    warmup.step()
    optimizer.zero_grad()
