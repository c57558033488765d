"""Whether a SENet's gate does what routing does."""

from capsprobe.claims import quantities as q
from capsprobe.claims.base import CORRELATION, Claim, Hypothesis, claims
from capsprobe.claims.effects import Effect, difference, value
from capsprobe.claims.text import Text

_HALF = 0.5


def _above_shuffled(model: str, name: str) -> Effect:
    return difference([q.gates(model, name)], [q.gates(model, f"{name}_shuffled")])


claims.register("gate-as-routing")(
    Claim(
        id="gate-as-routing",
        title=Text(en="Gates as routing", zh="门控即路由"),
        assertion=Text(
            en="In SENet, W2 plays the part of the routing weights: it compresses many channel "
            "vectors into one the way routing does.",
            zh="在 SENet 中，W2 扮演路由权重的角色：像路由那样把许多通道向量压缩成一个。",
        ),
        place=Text(en="the SENet formula", zh="SENet 公式"),
        takes=Text(
            en="Supported where gates rank children as the article's routing does, in a real SENet "
            "and in the literal formula, and routing weights hardly depend on the image, as W2 "
            "does not.",
            zh="真实 SENet 与文中公式的门控对子胶囊的排序都与文中路由一致，"
            "且路由权重几乎不随图像变化（因为 W2 不变），才算成立。",
        ),
        literature=Text(
            en="Hu et al. (2018) squeeze by pooling and rescale the input by the gate; the "
            "article's "
            "formula does neither. In it W2 is a learned constant; routing weights depend on the "
            "input.",
            zh="Hu 等（2018）先用池化压缩，再用门控缩放输入；"
            "文中公式两者都没有。其中 W2 是学到的常数，"
            "而路由权重取决于输入。",
        ),
        hypotheses=(
            Hypothesis(
                id="senet",
                text=Text(
                    en="rank correlation of senet's gates with the article's routing over the same "
                    "channels, above shuffled ones",
                    zh="senet 门控与文中路由在相同通道上的秩相关，减去打乱后的值",
                ),
                effect=_above_shuffled(q.SENET, "gate_article"),
                margin=CORRELATION,
                scale="rank",
            ),
            Hypothesis(
                id="literal",
                text=Text(
                    en="rank correlation of the literal formula's weights (se-head, summed over "
                    "classes) with the article's routing over the same primary capsules, above "
                    "shuffled ones",
                    zh="文中公式的权重（se-head，按类求和）与文中路由在相同初级胶囊上的秩相关，"
                    "减去打乱后的值",
                ),
                effect=_above_shuffled(q.SE_HEAD, "summed_article"),
                margin=CORRELATION,
                scale="rank",
            ),
            Hypothesis(
                id="constant",
                text=Text(
                    en="share of the routing weights' variance that no constant can carry: not "
                    "above a half (minus that share)",
                    zh="任何常数都无法承载的路由权重方差比例：不超过一半（取负值）",
                ),
                effect=value(q.gates(q.CAPSNET, "routing_variation"), sign=-1.0),
                margin=-_HALF,
                scale="score",
            ),
            Hypothesis(
                id="gate-drop",
                text=Text(
                    en="rank correlation of senet's gate with how much the score falls without "
                    "the channel, above shuffled",
                    zh="senet 门控与去掉该通道后得分下降量的秩相关，减去打乱后的值",
                ),
                effect=_above_shuffled(q.SENET, "drop_gate"),
                margin=CORRELATION,
                scale="rank",
                is_primary=False,
            ),
            Hypothesis(
                id="literal-drop",
                text=Text(
                    en="rank correlation of the literal head's weight for the predicted class with "
                    "the drop in its score where a child is zeroed, above shuffled",
                    zh="文中公式对预测类别的权重与该下降量的秩相关，减去打乱后的值",
                ),
                effect=_above_shuffled(q.SE_HEAD, "drop_gate"),
                margin=CORRELATION,
                scale="rank",
                is_primary=False,
            ),
        ),
    )
)
