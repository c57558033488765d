import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import hadamard
from sklearn.metrics import mutual_info_score, roc_auc_score

from capsprobe.embeddings.alignment import matched_correlation, numbered_correlation
from capsprobe.embeddings.calibration import calibration_terms
from capsprobe.embeddings.disentanglement import mutual_information, null_scores, scores
from capsprobe.embeddings.ordering import area_under
from capsprobe.embeddings.ranking import auroc_terms, paired_auroc_terms
from capsprobe.embeddings.readout import readout_predictions, terms_of
from capsprobe.faults import UsageFault


def readout_terms(embedding, target, rng, groups=None):
    """Return one number an image whose mean is the cross-validated R2."""
    return terms_of(target, *readout_predictions(embedding, target, rng, groups=groups))


def planted(count=1500, seed=0):
    """Return factors, and codes with one of them a dimension beside ten of noise."""
    rng = np.random.default_rng(seed)
    factors = rng.random((count, 6))
    codes = np.tanh(1.2 * factors) + 0.002 * rng.normal(size=factors.shape)
    return np.concatenate([codes, 0.3 * rng.normal(size=(count, 10))], axis=1), factors


@given(st.integers(0, 1000))
def test_the_mean_of_the_terms_is_the_auroc(seed):
    rng = np.random.default_rng(seed)
    higher, lower = rng.integers(0, 6, 30) / 4.0, rng.integers(0, 5, 20) / 4.0
    expected = roc_auc_score(np.repeat([1, 0], [30, 20]), np.concatenate([higher, lower]))
    assert np.isclose(np.concatenate(auroc_terms(higher, lower)).mean(), expected)
    both = paired_auroc_terms(higher[:20], lower)
    same = roc_auc_score(np.repeat([1, 0], 20), np.concatenate([higher[:20], lower]))
    assert np.isclose(both.mean(), same)


def test_the_terms_vary_as_delong_has_it():
    rng = np.random.default_rng(0)
    higher, lower = rng.normal(0.7, 1.0, 40), rng.normal(0.0, 1.0, 60)
    above = (higher[:, None] > lower).astype(float)
    delong = above.mean(axis=1).var() / 40 + above.mean(axis=0).var() / 60
    terms = np.concatenate(auroc_terms(higher, lower))
    assert np.isclose(terms.var() / 100, delong)


def test_an_empty_group_has_no_auroc():
    with pytest.raises(UsageFault, match="expected two groups, got 0 and 2 values"):
        auroc_terms(np.empty(0), np.ones(2))


def test_the_mean_of_the_terms_is_the_calibration_error():
    rng = np.random.default_rng(1)
    sure = rng.random(500)
    right = rng.random(500) < sure**2
    slow = 0.0
    for low in np.arange(15) / 15:
        held = (sure > low) & (sure <= low + 1 / 15)
        if held.any():
            slow += held.mean() * abs(right[held].mean() - sure[held].mean())
    assert np.isclose(calibration_terms(sure, right).mean(), slow)


def test_one_factor_a_dimension_scores_high_and_a_rotated_one_low():
    # With fewer images, information that two dimensions share by chance alone lowers MIG.
    codes, factors = planted(count=4000)
    high = scores(codes, factors, np.random.default_rng(2))
    standard = (codes - codes.mean(axis=0)) / codes.std(axis=0)
    # Each new dimension holds as much of every old one.
    low = scores(standard @ hadamard(16) / 4.0, factors, np.random.default_rng(2))
    for name in ("mig", "sap", "disentanglement", "completeness"):
        assert high[name] > 0.9, name
        assert low[name] < 0.3, name
    assert high["informativeness"] > 0.98
    assert high["selectivity"] > 0.9


def test_exchanged_factors_score_near_nothing():
    codes, factors = planted()
    null = null_scores(codes, factors, np.random.default_rng(2))
    assert max(null["mig"], null["sap"], null["disentanglement"]) < 0.05
    assert null["informativeness"] < 0.0


def test_mutual_information_is_that_of_scikit_learn():
    rng = np.random.default_rng(4)
    first, second = rng.integers(0, 4, 100), rng.integers(0, 3, 100)
    assert np.isclose(mutual_information(first, second), mutual_info_score(first, second))


def test_fewer_than_two_varying_factors_are_refused():
    with pytest.raises(UsageFault, match="expected at least 2 factors that vary, got 1"):
        factors = np.stack([np.arange(30.0), np.ones(30)], axis=1)
        scores(np.random.default_rng(0).random((30, 4)), factors, np.random.default_rng(0))


def test_a_pose_that_lies_linearly_in_an_embedding_is_read_and_noise_is_not():
    rng = np.random.default_rng(5)
    embedding = rng.normal(size=(400, 20))
    linear = embedding @ rng.normal(size=20) + 0.01 * rng.normal(size=400)
    assert readout_terms(embedding, linear, rng).mean() > 0.99
    noise = readout_terms(embedding, rng.normal(size=400), rng)
    assert noise.mean() - 1.96 * noise.std() / 20.0 <= 0.0


def test_versions_of_one_image_do_not_read_each_other():
    rng = np.random.default_rng(6)
    code, target = rng.normal(size=(40, 30)), rng.normal(size=40)
    again = np.repeat(code, 5, axis=0), np.repeat(target, 5), np.repeat(np.arange(40), 5)
    leaky = readout_terms(again[0], again[1], rng)
    fair = readout_terms(again[0], again[1], rng, groups=again[2])
    assert leaky.mean() > 0.5
    assert fair.mean() < 0.3


def test_dimensions_in_another_order_and_sign_are_matched():
    rng = np.random.default_rng(7)
    own = rng.normal(size=(200, 8))
    other = -own[:, rng.permutation(8)] + 0.05 * rng.normal(size=(200, 8))
    assert matched_correlation(own, other) > 0.99
    assert matched_correlation(own, other[rng.permutation(200)]) < 0.3
    assert numbered_correlation(own, own) == pytest.approx(1.0)


def test_the_area_of_a_straight_fall_is_a_half():
    assert area_under(np.linspace(1.0, 0.0, 11)[None])[0] == pytest.approx(0.5)
