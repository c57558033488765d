"""Batch normalisation folded into the convolution before it: less to do for the same scores."""

from itertools import pairwise

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from capsprobe.models.base import Network
from capsprobe.models.trunk import Halving, Trunk


def fold(network: Network) -> Network:
    """Return the network, which must be in eval mode, with its trunk's normalisations folded.

    In eval mode a normalisation is an affine map of each channel, and so is what a convolution
    ends with. Scores stay the same but for rounding; the network can no longer be trained or
    saved as what it was. Networks that are not built on the common trunk are left as they are.
    """
    for module in list(network.modules()):
        # Both apply their children in the order in which they hold them.
        if isinstance(module, Trunk | Halving):
            _fold_children(module)
    return network


def _fold_children(module: nn.Module) -> None:
    for (name, convolution), (after, normalisation) in pairwise(list(module.named_children())):
        if isinstance(convolution, nn.Conv2d) and isinstance(normalisation, nn.BatchNorm2d):
            setattr(module, name, fuse_conv_bn_eval(convolution, normalisation))
            setattr(module, after, nn.Identity())
