"""Whether a SENet can replace a CapsNet: nowhere worse, and cheaper."""

from collections.abc import Callable

from capsprobe.claims import quantities as q
from capsprobe.claims.base import AUROC, POINT, SCORE, Claim, Hypothesis, Scale, claims
from capsprobe.claims.effects import difference, logratio
from capsprobe.claims.meaning import across, deleted, excess
from capsprobe.claims.terms import Term
from capsprobe.claims.text import Text

_PROBES: tuple[tuple[str, str, str, Callable[[str], Term], float, Scale, tuple[str, ...]], ...] = (
    ("affine", "affine sweeps", "仿射变换", q.affine, POINT, "points", ()),
    ("spatial", "worst of a grid", "网格最坏情形", q.spatial, POINT, "points", ()),
    ("corruption", "corruptions", "图像损坏", q.corrupted, POINT, "points", ()),
    (
        "linf",
        "Linf attacks",
        "Linf 攻击",
        lambda m: q.attacked(m, "linf"),
        POINT,
        "points",
        ("linf",),
    ),
    ("l2", "L2 attacks", "L2 攻击", lambda m: q.attacked(m, "l2"), POINT, "points", ("l2",)),
    ("overlap", "MultiMNIST pairs", "MultiMNIST 数字对", q.overlapped, POINT, "points", ()),
    ("parts", "the parts test", "部件测试", q.intact, AUROC, "score", ()),
    (
        "confidence",
        "confidence against errors",
        "置信度对错误",
        lambda m: q.confidence(m, "error_auroc"),
        AUROC,
        "score",
        (),
    ),
)


def _no_worse() -> list[Hypothesis]:
    return [
        Hypothesis(
            id=name,
            text=Text(
                en=f"senet less capsnet, not worse by more than the margin: {en}",
                zh=f"senet 减 capsnet，不差于界限：{zh}",
            ),
            effect=difference([term(q.SENET)], [term(q.CAPSNET)]),
            margin=-margin,
            scale=scale,
            threats=threats,
        )
        for name, en, zh, term, margin, scale, threats in _PROBES
    ]


claims.register("replacement")(
    Claim(
        id="replacement",
        title=Text(en="Replacement", zh="替代"),
        assertion=Text(
            en="SENet has the advantages of CapsNets, trains simply and costs little, so it can "
            "replace them in practice.",
            zh="SENet 具有上述优点，训练简单、开销小，因此在实践中可以替代胶囊网络。",
        ),
        place=Text(en="rests on the claims before it", zh="基于前面的断言"),
        takes=Text(
            en="Supported only where no probe here is lost by more than its margin and both passes "
            "are cheaper; one that is lost refutes it.",
            zh="只有每一项探测都证明不落后超过界限，且两种计算都更便宜，才算成立；"
            "有一项落后即被否定。",
        ),
        literature=Text(
            en="SE blocks buy about one point of clean accuracy on large networks (Hu et al. "
            "2018). "
            "A plain CNN stands beside, or SE would get the CNN's credit.",
            zh="SE 模块在大网络上约提高一个百分点的准确率（Hu 等 2018）。旁边列出普通 CNN，"
            "否则会把 CNN 的功劳算给 SE。",
        ),
        hypotheses=(
            *_no_worse(),
            Hypothesis(
                id="pose",
                text=Text(
                    en="senet less capsnet, not worse by more than the margin: pose read from "
                    "embeddings (R², both with decoder)",
                    zh="senet 减 capsnet，不差于界限：从嵌入读出姿态（R²，都带解码器）",
                ),
                effect=difference([q.pose(q.SENET_DRAWS)], [q.pose(q.CAPSNET_DRAWS)]),
                margin=-SCORE,
                scale="score",
            ),
            Hypothesis(
                id="meaning",
                text=Text(
                    en="senet less capsnet, not worse by more than the margin: one dimension, one "
                    "measured factor (four scores above their nulls, both with decoder)",
                    zh="senet 减 capsnet，不差于界限：一维对应一个测得的因素"
                    "（四种分数减去零分布，都带解码器）",
                ),
                effect=excess(q.SENET_DRAWS, q.CAPSNET_DRAWS),
                margin=-SCORE,
                scale="score",
            ),
            Hypothesis(
                id="seeds",
                text=Text(
                    en="senet less capsnet, not worse by more than the margin: the same dimension "
                    "in another training (both with decoder)",
                    zh="senet 减 capsnet，不差于界限：换一次训练后是同一维度（都带解码器）",
                ),
                effect=across(q.SENET_DRAWS, q.CAPSNET_DRAWS),
                margin=-SCORE,
                scale="score",
            ),
            Hypothesis(
                id="deletion",
                text=Text(
                    en="senet less capsnet, not worse by more than the margin: weights that say "
                    "what matters (deletion; channels beside capsules)",
                    zh="senet 减 capsnet，不差于界限：权重能说明什么重要（删除测试；通道对胶囊）",
                ),
                effect=deleted(q.SENET, q.CAPSNET),
                margin=-SCORE,
                scale="score",
            ),
            Hypothesis(
                id="forward",
                text=Text(
                    en="time of a forward pass: capsnet over senet",
                    zh="前向计算时间：capsnet 与 senet 之比",
                ),
                effect=logratio(q.latency(q.CAPSNET, "forward"), q.latency(q.SENET, "forward")),
                margin=0.0,
                scale="ratio",
            ),
            Hypothesis(
                id="training",
                text=Text(
                    en="time of a forward and backward pass: capsnet over senet",
                    zh="前向加反向计算时间：capsnet 与 senet 之比",
                ),
                effect=logratio(q.latency(q.CAPSNET, "training"), q.latency(q.SENET, "training")),
                margin=0.0,
                scale="ratio",
            ),
            *(
                Hypothesis(
                    id=f"cnn-{name}",
                    text=Text(
                        en=f"senet above the plain cnn beside it: {en}",
                        zh=f"senet 高于旁边的普通 cnn：{zh}",
                    ),
                    effect=difference([term(q.SENET)], [term(q.CNN)]),
                    margin=margin,
                    scale=scale,
                    is_primary=False,
                    threats=threats,
                )
                for name, en, zh, term, margin, scale, threats in _PROBES
            ),
        ),
    )
)
