"""Whether CapsNets are robust, and whether it is routing that makes them so."""

from capsprobe.claims import quantities as q
from capsprobe.claims.base import CORRELATION, POINT, Claim, Hypothesis, claims
from capsprobe.claims.effects import difference
from capsprobe.claims.terms import Term
from capsprobe.claims.text import Text

_KINDS = (
    ("affine", q.affine, "affine sweeps", "仿射变换", ()),
    ("spatial", q.spatial, "worst shift and turn of a grid", "网格中最坏的平移与旋转", ()),
    ("corruption", q.corrupted, "15 kinds of corruption", "15 种图像损坏", ()),
    ("affnist", q.affnist, "affNIST", "affNIST", ()),
    ("overlap", q.overlapped, "both digits of MultiMNIST pairs", "MultiMNIST 两个数字都对", ()),
)


def _by_kind(id: str, other: str, en: str, zh: str) -> list[Hypothesis]:
    """Return what the mean over kinds is made of, and kinds of networks trained otherwise."""
    kinds = [
        *((name, a(q.CAPSNET), a(other), e, z, t) for name, a, e, z, t in _KINDS),
        *(_attack(norm, other) for norm in ("linf", "l2")),
    ]
    return [
        Hypothesis(
            id=f"{id}-{name}",
            text=Text(en=f"{en}: {e}", zh=f"{zh}：{z}"),
            effect=difference([ours], [theirs]),
            margin=POINT,
            scale="points",
            is_primary=False,
            threats=threats,
        )
        for name, ours, theirs, e, z, threats in kinds
    ]


def _attack(norm: str, other: str) -> tuple[str, Term, Term, str, str, tuple[str, ...]]:
    told = {"linf": "Linf", "l2": "L2"}[norm]
    ours, theirs = (q.attacked(model, norm) for model in (q.CAPSNET, other))
    return norm, ours, theirs, f"{told} attacks", f"{told} 攻击", (norm,)


claims.register("robustness")(
    Claim(
        id="robustness",
        title=Text(en="Robustness", zh="鲁棒性"),
        assertion=Text(
            en="CapsNets are robust because dynamic routing gives related features more weight "
            "and unrelated ones less.",
            zh="胶囊网络之所以鲁棒，是因为动态路由提高相关特征的权重、降低无关特征的权重。",
        ),
        place=Text(en="said, without figures", zh="文中断言，未给数据"),
        takes=Text(
            en="Supported where a CapsNet has, over all five kinds of change together, more than "
            "one point of accuracy above a CNN of its size and above itself without routing.",
            zh="在五类扰动的平均上，胶囊网络比同等规模的 CNN、"
            "也比去掉路由的自身高出一个百分点以上，才算成立。",
        ),
        literature=Text(
            en="Sabour et al. (2017) report 79 % on affNIST against a CNN's 66 %. Gu and Tresp "
            "(2020), Gu et al. (2021) and Paik et al. (2019) find that routing adds little or "
            "harms; RobCaps (2023) finds CapsNets more robust than CNNs of their size; Michels et "
            "al. (2019) find no advantage under attacks.",
            zh="Sabour 等（2017）报告 affNIST 上 79 % 对 CNN 的 66 %。Gu 与 Tresp（2020）、"
            "Gu 等（2021）、Paik 等（2019）认为路由几乎无益甚至有害；RobCaps（2023）认为胶囊网络"
            "比同规模 CNN 更鲁棒；Michels 等（2019）认为在攻击下没有优势。",
        ),
        hypotheses=(
            Hypothesis(
                id="architecture",
                text=Text(
                    en="accuracy of capsnet above cnn of its size, mean of five kinds: affine, "
                    "worst of a grid, corruption, Linf and L2 attacks",
                    zh="capsnet 比同规模 cnn 高出的准确率，五类平均：仿射、网格最坏情形、图像损坏、"
                    "Linf 与 L2 攻击",
                ),
                effect=difference(q.robustness(q.CAPSNET), q.robustness(q.CNN)),
                margin=POINT,
                scale="points",
                threats=("linf", "l2"),
            ),
            Hypothesis(
                id="routing",
                text=Text(
                    en="accuracy of capsnet above capsnet-uniform, which differs in its routing "
                    "alone, mean of the five kinds",
                    zh="capsnet 比仅路由不同的 capsnet-uniform 高出的准确率，五类平均",
                ),
                effect=difference(q.robustness(q.CAPSNET), q.robustness(q.UNIFORM)),
                margin=POINT,
                scale="points",
                threats=("linf", "l2"),
            ),
            *_by_kind("cnn", q.CNN, "capsnet above cnn", "capsnet 高于 cnn"),
            *_by_kind(
                "uniform",
                q.UNIFORM,
                "capsnet above capsnet-uniform",
                "capsnet 高于 capsnet-uniform",
            ),
            Hypothesis(
                id="nothing",
                text=Text(
                    en="routing adds nothing: capsnet within one point of capsnet-uniform, mean of "
                    "the five kinds",
                    zh="路由毫无增益：capsnet 与 capsnet-uniform 五类平均相差不到一个百分点",
                ),
                effect=difference(q.robustness(q.CAPSNET), q.robustness(q.UNIFORM)),
                margin=POINT,
                scale="points",
                kind="within",
                is_primary=False,
                threats=("linf", "l2"),
            ),
            Hypothesis(
                id="swap",
                text=Text(
                    en="trained capsnet: its routing above uniform weights put in its place",
                    zh="训练好的 capsnet：自身路由比换成均匀权重高出多少",
                ),
                effect=difference(
                    [q.swapped(q.CAPSNET, "dynamic")], [q.swapped(q.CAPSNET, "uniform")]
                ),
                margin=POINT,
                scale="points",
                is_primary=False,
            ),
            Hypothesis(
                id="mechanism",
                text=Text(
                    en="related features get more weight: rank correlation of capsnet's "
                    "coefficients with how much the score falls without the child, above shuffled",
                    zh="相关特征得到更高权重：capsnet 的系数与去掉该子胶囊后得分下降量的秩相关，"
                    "减去打乱后的值",
                ),
                effect=difference(
                    [q.gates(q.CAPSNET, "drop_routing")],
                    [q.gates(q.CAPSNET, "drop_routing_shuffled")],
                ),
                margin=CORRELATION,
                scale="rank",
                is_primary=False,
            ),
            Hypothesis(
                id="clutter",
                text=Text(
                    en="related features get more weight than unrelated ones: in images with a "
                    "zigzag through them, rank correlation of capsnet's coefficients with how much "
                    "farther the digit moves a child than the zigzag does, above that of the "
                    "coefficients' mean over other images",
                    zh="相关特征的权重高于无关特征：在画有锯齿线的图像中，capsnet 的系数与"
                    "“数字比锯齿线多移动该子胶囊多少”的秩相关，减去以其他图像的平均系数所得的值",
                ),
                effect=difference(
                    [q.driven(q.CAPSNET, "belonging_routing")],
                    [q.driven(q.CAPSNET, "belonging_constant")],
                ),
                margin=CORRELATION,
                scale="rank",
                is_primary=False,
            ),
        ),
    )
)
