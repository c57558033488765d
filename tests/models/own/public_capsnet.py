"""A capsule network as public repositories have them; it knows nothing of capsprobe.

Its forward gives a tuple, its votes lie as [parents, batch, children, 1, pose], its squash has no
small constant, and it returns a softmax of the lengths.
"""

import torch
import torch.nn.functional as F
from torch import nn


def squash(s, dim=-1):
    squared = (s**2).sum(dim=dim, keepdim=True)
    return squared / (1 + squared) * s / torch.sqrt(squared)


class CapsuleNet(nn.Module):
    def __init__(self, classes=10, pose=6, rounds=2):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, kernel_size=9, stride=2)
        self.primary = nn.Conv2d(16, 16, kernel_size=5, stride=2)
        self.route_weights = nn.Parameter(0.3 * torch.randn(classes, 36, 4 * 1, pose))
        self.decoder = nn.Sequential(
            nn.Linear(classes * pose, 64), nn.ReLU(inplace=True), nn.Linear(64, 784), nn.Sigmoid()
        )
        self.rounds = rounds

    def forward(self, x):
        x = F.relu(self.conv(x), inplace=True)
        x = self.primary(x).view(x.size(0), 4, -1).transpose(1, 2)
        x = squash(x)
        priors = x[None, :, :, None, :] @ self.route_weights[:, None, :, :, :]
        logits = torch.zeros_like(priors)
        for i in range(self.rounds):
            probs = F.softmax(logits, dim=0)
            outputs = squash((probs * priors).sum(dim=2, keepdim=True))
            if i != self.rounds - 1:
                logits = logits + (priors * outputs).sum(dim=-1, keepdim=True)
        capsules = outputs.squeeze().transpose(0, 1)
        classes = F.softmax((capsules**2).sum(dim=-1) ** 0.5, dim=-1)
        _, winner = classes.max(dim=1)
        masked = capsules * F.one_hot(winner, classes.shape[1]).to(capsules)[:, :, None]
        return classes, self.decoder(masked.reshape(x.size(0), -1)), priors


def capsnet():
    return CapsuleNet()
