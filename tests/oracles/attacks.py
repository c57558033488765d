"""What attacks find, where it can be written down; and torchattacks called without our adapter."""

import numpy as np
import torch
import torchattacks


def lead(weight, bias, image, label):
    """Return by how much the label leads, and the weights of that lead, with two classes."""
    towards = (weight[label] - weight[1 - label]).astype(np.float64)
    return float(towards @ image.ravel() + bias[label] - bias[1 - label]), towards


def distance(weight, bias, image, label, norm):
    """Return the norm of the smallest perturbation that turns a linear decision, box ignored.

    By Hoelder's inequality the lead divided by the dual norm of its weights.
    """
    ahead, towards = lead(weight, bias, image, label)
    return ahead / np.linalg.norm(towards, ord={"linf": 1, "l2": 2}[norm])


def fgsm(weight, bias, image, label, epsilon):
    """Return the image moved by epsilon against the sign of the lead's weights, kept in [0, 1]."""
    _, towards = lead(weight, bias, image, label)
    return np.clip(image - epsilon * np.sign(towards).reshape(image.shape), 0.0, 1.0)


def robust_directly(network, images, labels, norm, epsilon, *, steps):
    """Return the fraction that stays right when torchattacks gets the network as it is."""
    kind = {"linf": torchattacks.PGD, "l2": torchattacks.PGDL2}[norm]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        search = kind(network, eps=epsilon, alpha=2.5 * epsilon / steps, steps=steps)
        found = search(images, labels)
    with torch.no_grad():
        right = network(images).argmax(dim=1) == labels
        standing = network(found).argmax(dim=1) == labels
    return (right & standing).double().mean().item()


def routed_gradient(network, images, weights, *, constant):
    """Return the gradient of weighted lengths through procedure 1 of Sabour et al., written out.

    `constant` takes the last coefficients for constants.
    """
    images = images.detach().requires_grad_()
    children = network.children_of(images)
    matrices = network.votes.weight.unflatten(2, (network.frame.classes, -1))
    votes = torch.einsum("bip,ipjd->bijd", children, matrices)
    logits = torch.zeros(votes.shape[:3], dtype=votes.dtype)
    for _ in range(network.iterations):
        coefficients = logits.exp() / logits.exp().sum(dim=2, keepdim=True)
        if constant:
            coefficients = coefficients.detach()
        sums = torch.einsum("bij,bijd->bjd", coefficients, votes)
        size = sums.norm(dim=2, keepdim=True)
        parents = sums * size / (1.0 + size**2)
        logits = logits + torch.einsum("bijd,bjd->bij", votes, parents)
    (gradient,) = torch.autograd.grad((parents.norm(dim=2) @ weights).sum(), images)
    return gradient
