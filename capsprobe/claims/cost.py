"""Whether CapsNets cost more than CNNs of their size."""

from capsprobe.claims import quantities as q
from capsprobe.claims.base import DEARER, Claim, Hypothesis, claims
from capsprobe.claims.effects import Effect, Spread, logratio
from capsprobe.claims.text import Text

_ROUNDS = (1.0, 2.0, 3.0, 4.0, 5.0)


def _growth() -> Effect:
    """Return the least-squares slope of the logarithm of the block's time over iterations."""
    middle = sum(_ROUNDS) / len(_ROUNDS)
    scale = sum((r - middle) ** 2 for r in _ROUNDS)
    terms = tuple(((r - middle) / scale, q.block(q.CAPSNET, r)) for r in _ROUNDS if r != middle)
    return Effect(terms=terms, is_logarithmic=True)


claims.register("cost")(
    Claim(
        id="cost",
        title=Text(en="Cost", zh="代价"),
        assertion=Text(
            en="CapsNets faded because training them is complicated and computing them expensive.",
            zh="胶囊网络式微，是因为训练复杂、计算昂贵。",
        ),
        place=Text(en="said, without figures", zh="文中断言，未给数据"),
        takes=Text(
            en="Supported where passes of a CapsNet take more than a tenth longer than those of a "
            "CNN with as many parameters, and the routing block's time grows with the iterations.",
            zh="胶囊网络的计算时间比同参数 CNN 多出十分之一以上，且路由块的时间随迭代增长，"
            "才算成立。",
        ),
        literature=Text(
            en="In Sabour's full-size network the three rounds of routing are 0.46 % of 201.8 M "
            "MACs and the votes 0.73 %; PrimaryCaps are 94.7 %. Textbook code still spends most of "
            "its time in routing, moving votes through memory; this toolkit's routing does not.",
            zh="在 Sabour 的大网络中，三轮路由只占 2.018 亿次乘加的 0.46 %，投票占 0.73 %，"
            "PrimaryCaps 占 94.7 %。教科书式代码仍把多数时间花在搬运投票上；本工具的路由不是这样。",
        ),
        hypotheses=(
            Hypothesis(
                id="forward",
                text=Text(
                    en="time of a forward pass over 32 images: capsnet over cnn of its size",
                    zh="32 幅图像前向计算时间：capsnet 与同规模 cnn 之比",
                ),
                effect=logratio(q.latency(q.CAPSNET, "forward"), q.latency(q.CNN, "forward")),
                margin=DEARER,
                scale="ratio",
            ),
            Hypothesis(
                id="training",
                text=Text(
                    en="time of a forward and backward pass: capsnet over cnn of its size",
                    zh="前向加反向计算时间：capsnet 与同规模 cnn 之比",
                ),
                effect=logratio(q.latency(q.CAPSNET, "training"), q.latency(q.CNN, "training")),
                margin=DEARER,
                scale="ratio",
            ),
            Hypothesis(
                id="iterations",
                text=Text(
                    en="growth of the routing block's time with each iteration",
                    zh="每多一次迭代路由块时间的增长倍数",
                ),
                effect=_growth(),
                margin=0.0,
                scale="ratio",
            ),
            Hypothesis(
                id="macs",
                text=Text(en="MACs: capsnet over cnn", zh="乘加次数：capsnet 与 cnn 之比"),
                effect=logratio(q.size(q.CAPSNET, "macs"), q.size(q.CNN, "macs")),
                margin=DEARER,
                scale="ratio",
                is_primary=False,
            ),
            Hypothesis(
                id="memory",
                text=Text(
                    en="peak memory of a training pass: capsnet over cnn",
                    zh="训练时的峰值内存：capsnet 与 cnn 之比",
                ),
                effect=logratio(q.memory(q.CAPSNET, "training"), q.memory(q.CNN, "training")),
                margin=DEARER,
                scale="ratio",
                is_primary=False,
            ),
            Hypothesis(
                id="epochs",
                text=Text(
                    en="epochs to its best validation accuracy: capsnet over cnn",
                    zh="达到最佳验证准确率所需轮数：capsnet 与 cnn 之比",
                ),
                effect=logratio(q.trained(q.CAPSNET, "best_epoch"), q.trained(q.CNN, "best_epoch")),
                margin=DEARER,
                scale="ratio",
                is_primary=False,
            ),
            Hypothesis(
                id="spread",
                text=Text(
                    en="spread of validation accuracy over training seeds: capsnet over cnn "
                    "(Brown-Forsythe)",
                    zh="验证准确率在训练种子间的离散程度：capsnet 与 cnn 之比（Brown-Forsythe）",
                ),
                effect=Spread(
                    a=q.trained(q.CAPSNET, "validation_accuracy"),
                    b=q.trained(q.CNN, "validation_accuracy"),
                ),
                margin=0.0,
                scale="ratio",
                is_primary=False,
            ),
        ),
    )
)
