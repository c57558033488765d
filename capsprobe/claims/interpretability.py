"""Whether capsules have a definite meaning, and are easier to explain than a CNN."""

from capsprobe.claims import quantities as q
from capsprobe.claims.base import AUROC, SCORE, Claim, Hypothesis, claims
from capsprobe.claims.effects import difference
from capsprobe.claims.meaning import across, deleted, excess
from capsprobe.claims.text import Text

claims.register("interpretability")(
    Claim(
        id="interpretability",
        title=Text(en="Interpretability", zh="可解释性"),
        assertion=Text(
            en="Capsules have a definite meaning: an output reads as how active an entity is, so "
            "predictions are easier to explain than a CNN's.",
            zh="胶囊有明确的含义：输出可读作“该实体有多活跃”，因此预测比 CNN 更容易解释。",
        ),
        place=Text(en="said, without figures", zh="文中断言，未给数据"),
        takes=Text(
            en="Supported where a CapsNet is ahead of a CNN by more than the margin in all four: "
            "dimensions that move one factor, that mean the same in another training, a length "
            "that knows its errors, and children whose weights say what matters.",
            zh="胶囊网络在四方面都领先 CNN 超过界限，才算成立：一维对应一个因素、"
            "换一次训练后含义不变、长度能预知自己的错误、权重能说明哪些子胶囊重要。",
        ),
        literature=Text(
            en="Sabour et al. (2017, figure 4) show single dimensions that change thickness, skew "
            "or width when decoded; no score stands beside the pictures.",
            zh="Sabour 等（2017，图 4）展示了单个维度在解码时改变粗细、"
            "倾斜或宽度，但没有给出分数。",
        ),
        hypotheses=(
            Hypothesis(
                id="meaning",
                text=Text(
                    en="one dimension, one measured factor (mean of MIG, SAP, DCI disentanglement "
                    "and selectivity above their permuted nulls), both with decoder: capsnet "
                    "above cnn",
                    zh="一维对应一个测得的因素（MIG、SAP、"
                    "DCI 解缠度与选择性减去各自置换零分布的平均），"
                    "两者都带解码器：capsnet 高于 cnn",
                ),
                effect=excess(q.CAPSNET_DRAWS, q.CNN_DRAWS),
                margin=SCORE,
                scale="score",
            ),
            Hypothesis(
                id="seeds",
                text=Text(
                    en="the same dimension in another training (matched correlation above its "
                    "null), both with decoder: capsnet above cnn",
                    zh="换一次训练后是否同一维度（匹配相关减去零分布），两者都带解码器："
                    "capsnet 高于 cnn",
                ),
                effect=across(q.CAPSNET_DRAWS, q.CNN_DRAWS),
                margin=SCORE,
                scale="score",
            ),
            Hypothesis(
                id="confidence",
                text=Text(
                    en="confidence tells right from wrong answers, clean and turned (AUROC): "
                    "capsnet above cnn",
                    zh="置信度区分对错，含原图与旋转（AUROC）：capsnet 高于 cnn",
                ),
                effect=difference(
                    [q.confidence(q.CAPSNET, "error_auroc")], [q.confidence(q.CNN, "error_auroc")]
                ),
                margin=AUROC,
                scale="score",
            ),
            Hypothesis(
                id="deletion",
                text=Text(
                    en="children deleted in the order of their weights lose the class sooner than "
                    "in a random order (area): capsules of capsnet above channels of cnn",
                    zh="按权重顺序删除比随机删除更快失去类别（曲线面积）"
                    "：capsnet 的胶囊高于 cnn 的通道",
                ),
                effect=deleted(q.CAPSNET, q.CNN),
                margin=SCORE,
                scale="score",
            ),
            Hypothesis(
                id="calibration",
                text=Text(
                    en="calibration error (ECE): cnn above capsnet",
                    zh="校准误差（ECE）：cnn 高于 capsnet",
                ),
                effect=difference(
                    [q.confidence(q.CNN, "calibration_error")],
                    [q.confidence(q.CAPSNET, "calibration_error")],
                ),
                margin=SCORE,
                scale="score",
                is_primary=False,
            ),
            Hypothesis(
                id="bare-meaning",
                text=Text(
                    en="one dimension, one factor, trained without decoder: capsnet above cnn",
                    zh="一维对应一个因素，不带解码器训练：capsnet 高于 cnn",
                ),
                effect=excess(q.CAPSNET, q.CNN),
                margin=SCORE,
                scale="score",
                is_primary=False,
            ),
        ),
    )
)
