"""Whether routing lets a CapsNet know how parts are arranged."""

from capsprobe.claims import quantities as q
from capsprobe.claims.base import AUROC, POINT, SCORE, Claim, Hypothesis, claims
from capsprobe.claims.effects import difference, value
from capsprobe.claims.text import Text

BITS = 0.01
"""A hundredth of the bit by which coefficients on one parent and on another differ."""

claims.register("relations")(
    Claim(
        id="relations",
        title=Text(en="Relations", zh="关系"),
        assertion=Text(
            en="Routing and its weights let a CapsNet infer how strongly entities belong together "
            "and how they are arranged in space.",
            zh="路由及其权重使胶囊网络能够推断实体之间的关联强度与空间排列。",
        ),
        place=Text(en="said, without figures", zh="文中断言，未给数据"),
        takes=Text(
            en="Supported where a CapsNet notices parts in wrong places, knows poses and tells "
            "overlapping digits apart, each by more than the margin better than a CNN, and its "
            "coefficients change with the image.",
            zh="胶囊网络在识别错位部件、读出姿态、分辨重叠数字三方面都比 CNN 好出界限以上，"
            "且耦合系数随图像变化，才算成立。",
        ),
        literature=Text(
            en="Sabour et al. (2017) report 5.2 % exact-set errors on MultiMNIST against a CNN's "
            "8.1 %, with full-size networks. What happens to single-digit networks on pairs is an "
            "open question of the field.",
            zh="Sabour 等（2017）用大网络在 MultiMNIST 上报告 5.2 % 的整组错误率，CNN 为 8.1 %。"
            "只用单个数字训练的网络面对数字对会怎样，仍是该领域的开放问题。",
        ),
        hypotheses=(
            Hypothesis(
                id="parts",
                text=Text(
                    en="intact digits told from scrambled ones by the model's own score (AUROC, "
                    "mean of displaced, shuffled, recombined and mirrored): capsnet above cnn",
                    zh="用模型自身得分区分完整与打乱的数字（AUROC，位移、打乱、重组、镜像的平均）："
                    "capsnet 高于 cnn",
                ),
                effect=difference([q.intact(q.CAPSNET)], [q.intact(q.CNN)]),
                margin=AUROC,
                scale="score",
            ),
            Hypothesis(
                id="pose",
                text=Text(
                    en="pose read linearly from an equally wide embedding, both trained with a "
                    "decoder (R², mean of five parameters): capsnet above cnn",
                    zh="从等宽嵌入线性读出姿态，两者都带解码器训练（R²，五个参数平均）："
                    "capsnet 高于 cnn",
                ),
                effect=difference([q.pose(q.CAPSNET_DRAWS)], [q.pose(q.CNN_DRAWS)]),
                margin=SCORE,
                scale="score",
            ),
            Hypothesis(
                id="overlap",
                text=Text(
                    en="both digits of MultiMNIST pairs named: capsnet above cnn",
                    zh="MultiMNIST 两个数字都认对：capsnet 高于 cnn",
                ),
                effect=difference([q.overlapped(q.CAPSNET)], [q.overlapped(q.CNN)]),
                margin=POINT,
                scale="points",
            ),
            Hypothesis(
                id="input",
                text=Text(
                    en="coefficients of an image differ from their mean over images "
                    "(Jensen-Shannon "
                    "divergence; 0 for weights that are constants)",
                    zh="一幅图像的耦合系数与全部图像平均之差（Jensen-Shannon 散度；常数权重为 0）",
                ),
                effect=value(q.divergence(q.CAPSNET)),
                margin=BITS,
                scale="bits",
            ),
            Hypothesis(
                id="routed-parts",
                text=Text(
                    en="the parts test: capsnet above capsnet-uniform",
                    zh="部件测试：capsnet 高于 capsnet-uniform",
                ),
                effect=difference([q.intact(q.CAPSNET)], [q.intact(q.UNIFORM)]),
                margin=AUROC,
                scale="score",
                is_primary=False,
            ),
            Hypothesis(
                id="bare-pose",
                text=Text(
                    en="pose read from embeddings trained without a decoder: capsnet above cnn",
                    zh="不带解码器训练时读出姿态：capsnet 高于 cnn",
                ),
                effect=difference([q.pose(q.CAPSNET)], [q.pose(q.CNN)]),
                margin=SCORE,
                scale="score",
                is_primary=False,
            ),
        ),
    )
)
