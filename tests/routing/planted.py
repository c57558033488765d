"""Votes whose clusters are known, and votes without any."""

import torch


def separated(
    images: int = 12, children: int = 80, parents: int = 4, pose: int = 16, noise: float = 0.1
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return votes and the planted parent of each child.

    A child's vote for its own parent lies near that parent's point, its votes for others point
    anywhere; all are three long, so that length alone gives nothing away.
    """
    generator = torch.Generator().manual_seed(1)
    planted = torch.randint(parents, (images, children), generator=generator)
    directions = torch.randn(images, children, parents, pose, generator=generator)
    points = torch.randn(images, 1, parents, pose, generator=generator)
    own = planted.unsqueeze(2) == torch.arange(parents)
    towards = points / points.norm(dim=3, keepdim=True)
    near = towards + noise * directions / directions.norm(dim=3, keepdim=True)
    votes = torch.where(own.unsqueeze(3), near, directions)
    return 3.0 * votes / votes.norm(dim=3, keepdim=True), planted


def isotropic(
    images: int = 60, children: int = 40, parents: int = 5, pose: int = 8
) -> torch.Tensor:
    """Return votes that point anywhere."""
    return torch.randn(images, children, parents, pose, generator=torch.Generator().manual_seed(2))
