"""Projected gradient descent of other libraries, on a network without our adapter."""

import warnings

import numpy as np
import torch
from torch import nn

STEPS = 40


def foolbox_pgd(network, images, labels, epsilon):
    """Return what foolbox's PGD makes of the images."""
    with warnings.catch_warnings():
        # Its imports and its transforms use names that SciPy and others have deprecated.
        warnings.simplefilter("ignore")
        import foolbox

        model = foolbox.PyTorchModel(network, bounds=(0.0, 1.0))
        search = foolbox.attacks.LinfPGD(steps=STEPS, abs_stepsize=_step(epsilon))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(7)
            _, found, _ = search(model, images, labels, epsilons=epsilon)
    return found.detach()


def art_pgd(network, images, labels, epsilon):
    """Return what the PGD of the Adversarial Robustness Toolbox makes of the images."""
    with warnings.catch_warnings():
        # Its imports use names that SciPy and others have deprecated.
        warnings.simplefilter("ignore")
        from art.attacks.evasion import ProjectedGradientDescent
        from art.estimators.classification import PyTorchClassifier

        estimator = PyTorchClassifier(
            network,
            loss=nn.CrossEntropyLoss(),
            input_shape=tuple(images.shape[1:]),
            nb_classes=network.frame.classes,
            clip_values=(0.0, 1.0),
            device_type="cpu",
        )
        search = ProjectedGradientDescent(
            estimator,
            eps=epsilon,
            eps_step=_step(epsilon),
            max_iter=STEPS,
            num_random_init=1,
            batch_size=len(images),
            verbose=False,
        )
        state = np.random.get_state()  # noqa: NPY002 (it draws from the global generator)
        np.random.seed(7)  # noqa: NPY002 (as above)
        found = search.generate(x=images.numpy(), y=labels.numpy())
        np.random.set_state(state)  # noqa: NPY002 (as above)
    return torch.from_numpy(found)


def _step(epsilon):
    return 2.5 * epsilon / STEPS
