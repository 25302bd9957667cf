"""A generative adversarial network of convolutions that draws small squares."""

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim

NZ, NGF, NDF = 8, 8, 8


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(NZ, NGF * 2, 4, 1, 0, bias=False),
            nn.BatchNorm2d(NGF * 2),
            nn.ReLU(True),
            nn.ConvTranspose2d(NGF * 2, NGF, 4, 2, 1, bias=False),
            nn.BatchNorm2d(NGF),
            nn.ReLU(True),
            nn.ConvTranspose2d(NGF, 1, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, noise):
        return self.main(noise)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(1, NDF, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(NDF, NDF * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(NDF * 2),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(NDF * 2, 1, 4, 1, 0, bias=False),
        )

    def forward(self, images):
        return self.main(images).view(-1)


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Conv") != -1:
        nn.init.normal_(m.weight.data, 0.0, 0.02)
    elif classname.find("BatchNorm") != -1:
        nn.init.constant_(m.weight.data, 1.0)
        nn.init.constant_(m.bias.data, 0)


def squares(rng, count):
    images = np.full((count, 1, 16, 16), -1.0, dtype=np.float32)
    for image in images:
        row, column = rng.integers(0, 10, 2)
        image[0, row : row + 6, column : column + 6] = 1.0
    return torch.from_numpy(images)


def noise(rng, count):
    return torch.from_numpy(rng.standard_normal((count, NZ, 1, 1)).astype(np.float32))


def main(initialize=None, steps=30, batch_size=16):
    rng = np.random.default_rng(999)
    netG, netD = Generator(), Discriminator()
    for net in (netG, netD):
        net.apply(weights_init)
        if initialize is not None:
            initialize(net)
    criterion = nn.BCEWithLogitsLoss()
    optimizerD = optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizerG = optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))
    losses = []
    for step in range(steps):
        # (1) Update D: maximize log D(x) + log(1 - D(G(z)))
        netD.zero_grad()
        real = squares(rng, batch_size)
        label = torch.full((batch_size,), 1.0, dtype=torch.float)
        output = netD(real)
        errD_real = criterion(output, label)
        errD_real.backward()
        D_x = output.sigmoid().mean().item()
        fake = netG(noise(rng, batch_size))
        label.fill_(0.0)
        errD_fake = criterion(netD(fake.detach()), label)
        errD_fake.backward()
        errD = errD_real + errD_fake
        optimizerD.step()
        # (2) Update G: maximize log D(G(z))
        netG.zero_grad()
        label.fill_(1.0)
        errG = criterion(netD(fake), label)
        errG.backward()
        optimizerG.step()
        losses.append(errD.item())
        if step % 10 == 0:
            print(f"[{step}/{steps}] Loss_D: {errD:.4f} Loss_G: {errG.item():.4f} D(x): {D_x:.4f}")
    netG.eval()
    with torch.no_grad():
        pictures = netG(noise(rng, 4)).detach().cpu()
    assert pictures.abs().max() <= 1
    return losses


if __name__ == "__main__":
    main()
