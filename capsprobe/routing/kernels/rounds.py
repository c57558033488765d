"""One round of routing by agreement, and its gradients, as kernels that hold votes in registers.

A program computes the votes of one child at a time from the rows of its weights, weighs them
with the softmax of their agreements, and goes on to the next. Nothing is added atomically: what
several programs find for one place they write to places of their own, which are summed
afterwards, so that a second run repeats the first.

Layouts: children (children, child_pose, images), weights (children, child_pose, parents, pose),
parents (images, parents, pose). Parents and poses are padded to powers of two, and masked. A
warp's threads lie along both, as the weights lie in memory: it reads every weight once, and keeps
it for all images of its block.
"""

# mypy: disable-error-code="import-untyped,import-not-found"

from typing import no_type_check

import triton
import triton.language as tl

# They change from batch to batch: a kernel compiled for each would cost seconds, and gain nothing.
_COUNTS = ["count", "slices"]

# Triton compiles a function's text: nothing may wrap it, the tests' type checks included.


@triton.jit(do_not_specialize=_COUNTS)
@no_type_check
def sum_votes(
    children,
    weights,
    parents,
    partials,
    images,
    count,
    slices,
    IMAGES: tl.constexpr,
    CHILD_POSE: tl.constexpr,
    PARENTS: tl.constexpr,
    POSE: tl.constexpr,
    PADDED_PARENTS: tl.constexpr,
    PADDED_POSE: tl.constexpr,
):
    """Write sum_i c_ij u_ij over a slice of the children, for a block of images."""
    part = tl.program_id(0) % slices
    first = (tl.program_id(0) // slices) * IMAGES
    row, real, known = _rows(PARENTS, POSE, PADDED_PARENTS, PADDED_POSE)
    block = first.to(tl.int64) * (PARENTS * POSE)
    image = tl.arange(0, IMAGES)[:, None, None]
    here = first + image < images
    place = block + image * (PARENTS * POSE) + row
    parents_here = tl.load(parents + place, mask=here & real, other=0.0)

    total = tl.zeros((IMAGES, PADDED_PARENTS, PADDED_POSE), tl.float32)
    from_child, to_child = _span(part, count, slices)
    for child in range(from_child, to_child):
        start = child * CHILD_POSE
        votes = tl.zeros((IMAGES, PADDED_PARENTS, PADDED_POSE), tl.float32)
        for k in tl.static_range(CHILD_POSE):
            number = tl.load(children + (start + k) * images + first + image, mask=here, other=0.0)
            weight = tl.load(weights + (start + k) * (PARENTS * POSE) + row, mask=real, other=0.0)
            votes += number * weight
        total += _coefficients(votes, parents_here, known) * votes
    offset = part.to(tl.int64) * images * (PARENTS * POSE)
    tl.store(partials + offset + place, total, mask=here & real)


@triton.jit(do_not_specialize=_COUNTS)
@no_type_check
def pull_children(
    children,
    weights,
    parents,
    by_sums,
    by_children,
    partials,
    images,
    count,
    slices,
    IMAGES: tl.constexpr,
    CHILD_POSE: tl.constexpr,
    PARENTS: tl.constexpr,
    POSE: tl.constexpr,
    PADDED_PARENTS: tl.constexpr,
    PADDED_POSE: tl.constexpr,
):
    """Add the gradient by a slice of the children; write what it adds to that by the parents."""
    part = tl.program_id(0) % slices
    first = (tl.program_id(0) // slices) * IMAGES
    row, real, known = _rows(PARENTS, POSE, PADDED_PARENTS, PADDED_POSE)
    block = first.to(tl.int64) * (PARENTS * POSE)
    image = tl.arange(0, IMAGES)[:, None, None]
    here = first + image < images
    place = block + image * (PARENTS * POSE) + row
    parents_here = tl.load(parents + place, mask=here & real, other=0.0)
    by_sums_here = tl.load(by_sums + place, mask=here & real, other=0.0)
    column = first + tl.arange(0, IMAGES)

    by_parents = tl.zeros((IMAGES, PADDED_PARENTS, PADDED_POSE), tl.float32)
    from_child, to_child = _span(part, count, slices)
    for child in range(from_child, to_child):
        start = child * CHILD_POSE
        votes = tl.zeros((IMAGES, PADDED_PARENTS, PADDED_POSE), tl.float32)
        for k in tl.static_range(CHILD_POSE):
            number = tl.load(children + (start + k) * images + first + image, mask=here, other=0.0)
            weight = tl.load(weights + (start + k) * (PARENTS * POSE) + row, mask=real, other=0.0)
            votes += number * weight
        by_votes, by_logits = _pull_votes(votes, parents_here, by_sums_here, known)
        by_parents += by_logits * votes
        for k in tl.static_range(CHILD_POSE):
            weight = tl.load(weights + (start + k) * (PARENTS * POSE) + row, mask=real, other=0.0)
            # Both axes in one go: a thread adds its own numbers first, then asks the others.
            flat = tl.reshape(weight * by_votes, (IMAGES, PADDED_PARENTS * PADDED_POSE))
            at = by_children + (start + k) * images + column
            before = tl.load(at, mask=column < images, other=0.0)
            tl.store(at, before + tl.sum(flat, axis=1), mask=column < images)
    offset = part.to(tl.int64) * images * (PARENTS * POSE)
    tl.store(partials + offset + place, by_parents, mask=here & real)


@triton.jit(do_not_specialize=_COUNTS)
@no_type_check
def pull_weights(
    children,
    weights,
    parents,
    by_sums,
    partials,
    images,
    count,
    slices,
    CHILD_POSE: tl.constexpr,
    PARENTS: tl.constexpr,
    POSE: tl.constexpr,
    PADDED_CHILD_POSE: tl.constexpr,
    PADDED_PARENTS: tl.constexpr,
    PADDED_POSE: tl.constexpr,
):
    """Write the gradient by one child's weights, summed over a slice of the images."""
    part = tl.program_id(0) % slices
    child = (tl.program_id(0) // slices).to(tl.int64)
    row, real, known = _rows(PARENTS, POSE, PADDED_PARENTS, PADDED_POSE)
    number = tl.arange(0, PADDED_CHILD_POSE)[:, None, None]
    held = (number < CHILD_POSE) & real
    place = child * (CHILD_POSE * PARENTS * POSE) + number * (PARENTS * POSE) + row
    weight = tl.load(weights + place, mask=held, other=0.0)

    total = tl.zeros((PADDED_CHILD_POSE, PADDED_PARENTS, PADDED_POSE), tl.float32)
    from_image, to_image = _span(part, images, slices)
    for image in range(from_image, to_image):
        at = child * CHILD_POSE * images + image
        mine = tl.load(children + at + number * images, mask=number < CHILD_POSE, other=0.0)
        here = image * (PARENTS * POSE) + row
        by_votes, _ = _pull_votes(
            tl.sum(mine * weight, axis=0, keep_dims=True),
            tl.load(parents + here, mask=real, other=0.0),
            tl.load(by_sums + here, mask=real, other=0.0),
            known,
        )
        total += mine * by_votes
    offset = part.to(tl.int64) * count * (CHILD_POSE * PARENTS * POSE)
    tl.store(partials + offset + place, total, mask=held)


@triton.jit
@no_type_check
def _rows(
    PARENTS: tl.constexpr,
    POSE: tl.constexpr,
    PADDED_PARENTS: tl.constexpr,
    PADDED_POSE: tl.constexpr,
):
    """Return where a row of weights has its numbers, which of them are real, and which parents."""
    parent = tl.arange(0, PADDED_PARENTS)[None, :, None]
    pose = tl.arange(0, PADDED_POSE)[None, None, :]
    return parent * POSE + pose, (parent < PARENTS) & (pose < POSE), parent < PARENTS


@triton.jit
@no_type_check
def _span(part, count, slices):
    """Return where a slice begins and ends, in numbers that no offset overflows."""
    size = tl.cdiv(count, slices)
    start = part.to(tl.int64) * size
    return start, tl.minimum(start + size, count)


@triton.jit
@no_type_check
def _coefficients(votes, parents, known):
    """Return the softmax of the agreements; a parent that only pads gets nothing."""
    logits = tl.where(known, tl.sum(votes * parents, axis=2, keep_dims=True), float("-inf"))
    powers = tl.exp(logits - tl.max(logits, axis=1, keep_dims=True))
    return powers / tl.sum(powers, axis=1, keep_dims=True)


@triton.jit
@no_type_check
def _pull_votes(votes, parents, by_sums, known):
    """Return the gradients by the votes, c_ij g_j + b_ij p_j, and by the logits, b_ij.

    With g_j the gradient by sum_i c_ij u_ij and a_ij = u_ij . g_j that by the coefficients,
    b_ij = c_ij (a_ij - sum_j c_ij a_ij).
    """
    coefficients = _coefficients(votes, parents, known)
    by_coefficients = tl.sum(votes * by_sums, axis=2, keep_dims=True)
    mean = tl.sum(coefficients * by_coefficients, axis=1, keep_dims=True)
    by_logits = coefficients * (by_coefficients - mean)
    return coefficients * by_sums + by_logits * parents, by_logits
