"""Whether routing is a clustering like k-means."""

from math import log

from capsprobe.claims import quantities as q
from capsprobe.claims.base import CORRELATION, POINT, Claim, Hypothesis, claims
from capsprobe.claims.effects import Agreement, difference, logratio, value
from capsprobe.claims.text import Text

FALLEN = log(1.01)
"""A hundredth of the inertia."""

ALIKE = 0.8
"""Kappa from which agreement is called almost perfect (Landis and Koch 1977)."""

TOWARDS = 0.9
"""Cosine of two directions that are taken for one."""

claims.register("clustering")(
    Claim(
        id="clustering",
        title=Text(en="Clustering", zh="聚类"),
        assertion=Text(
            en="Routing is an iterative weighting like k-means: a CapsNet is a clustering that "
            "turns many vectors into one.",
            zh="路由是类似 k-means 的迭代加权：胶囊网络就是把许多向量聚成一个的聚类过程。",
        ),
        place=Text(en="the routing formula", zh="路由公式"),
        takes=Text(
            en="Equivalent where coefficients sort children as k-means does, inertia falls from "
            "round to round, and accuracy stays with k-means in routing's place; one that fails "
            "refutes it.",
            zh="耦合系数的分组与 k-means 一致、簇内平方和逐轮下降、换成 k-means 后准确率不变，"
            "三者齐备才算等价；任何一项不成立即被否定。",
        ),
        literature=Text(
            en="Wang and Liu (2018) write routing as a clustering with a KL term. With one parent "
            "and a softmax over the inputs, as in the article's formula, it is k-means with k = 1: "
            "a weighted mean. The claim has content only with several parents.",
            zh="Wang 与 Liu（2018）把路由写成带 KL 项的聚类。"
            "按文中公式只有一个父胶囊、softmax 取在输入上，"
            "就是 k = 1 的 k-means，即加权平均；只有在多个父胶囊时该断言才有内容。",
        ),
        asserts_sameness=True,
        hypotheses=(
            Hypothesis(
                id="concordance",
                text=Text(
                    en="adjusted Rand index of routing's groups and those of k-means on the same "
                    "votes, above shuffled votes, after three rounds",
                    zh="路由分组与同一组投票上 k-means 分组的调整兰德指数，"
                    "减去打乱投票的值，三轮后",
                ),
                effect=difference(
                    [q.grouping(q.CAPSNET, "ari")], [q.grouping(q.CAPSNET, "ari_shuffled")]
                ),
                margin=CORRELATION,
                scale="score",
            ),
            Hypothesis(
                id="inertia",
                text=Text(
                    en="soft k-means inertia of the first round over that of the third",
                    zh="第一轮的软 k-means 簇内平方和与第三轮之比",
                ),
                effect=logratio(
                    q.at_round(q.CAPSNET, "soft_inertia", 1.0),
                    q.at_round(q.CAPSNET, "soft_inertia", 3.0),
                ),
                margin=FALLEN,
                scale="ratio",
            ),
            Hypothesis(
                id="swap",
                text=Text(
                    en="accuracy with k-means in routing's place, less that with routing: within "
                    "one point",
                    zh="换成 k-means 后的准确率减去路由的准确率：相差不到一个百分点",
                ),
                effect=difference(
                    [q.swapped(q.CAPSNET, "kmeans")], [q.swapped(q.CAPSNET, "dynamic")]
                ),
                margin=POINT,
                scale="points",
                kind="within",
            ),
            Hypothesis(
                id="null-random",
                text=Text(
                    en="adjusted Rand index above what random coefficients give",
                    zh="调整兰德指数减去随机系数的值",
                ),
                effect=difference(
                    [q.grouping(q.CAPSNET, "ari")], [q.grouping(q.CAPSNET, "ari_random")]
                ),
                margin=CORRELATION,
                scale="score",
                is_primary=False,
            ),
            Hypothesis(
                id="information",
                text=Text(
                    en="adjusted mutual information above shuffled votes",
                    zh="调整互信息，减去打乱投票的值",
                ),
                effect=difference(
                    [q.grouping(q.CAPSNET, "ami")], [q.grouping(q.CAPSNET, "ami_shuffled")]
                ),
                margin=CORRELATION,
                scale="score",
                is_primary=False,
            ),
            Hypothesis(
                id="centroid",
                text=Text(
                    en="cosine of routed parent and k-means centroid, after three rounds",
                    zh="路由所得父胶囊与 k-means 质心的余弦，三轮后",
                ),
                effect=value(q.grouping(q.CAPSNET, "cosine")),
                margin=TOWARDS,
                scale="score",
                is_primary=False,
            ),
            Hypothesis(
                id="objective",
                text=Text(
                    en="the objective of Wang and Liu (2018), with its KL term: first round less "
                    "third",
                    zh="Wang 与 Liu（2018）带 KL 项的目标函数：第一轮减第三轮",
                ),
                effect=difference(
                    [q.at_round(q.CAPSNET, "kl_objective", 1.0)],
                    [q.at_round(q.CAPSNET, "kl_objective", 3.0)],
                ),
                margin=0.0,
                scale="score",
                is_primary=False,
            ),
            Hypothesis(
                id="same-answers",
                text=Text(
                    en="the same class named with k-means in routing's place (Cohen's kappa)",
                    zh="换成 k-means 后说出同一类别（Cohen 的 kappa）",
                ),
                effect=Agreement(a=q.named(q.CAPSNET, "kmeans"), b=q.named(q.CAPSNET, "dynamic")),
                margin=ALIKE,
                scale="score",
                is_primary=False,
            ),
            Hypothesis(
                id="one-parent",
                text=Text(
                    en="the article's routing to one parent beside the plain mean of the same "
                    "votes (cosine), after three rounds",
                    zh="文中只有一个父胶囊的路由与同一组投票的普通平均（余弦），三轮后",
                ),
                effect=value(q.single(q.CAPSNET, "cosine_mean")),
                margin=TOWARDS,
                scale="score",
                is_primary=False,
            ),
            Hypothesis(
                id="hard-swap",
                text=Text(
                    en="hard k-means in routing's place: within one point",
                    zh="换成硬 k-means：准确率相差不到一个百分点",
                ),
                effect=difference(
                    [q.swapped(q.CAPSNET, "kmeans-hard")], [q.swapped(q.CAPSNET, "dynamic")]
                ),
                margin=POINT,
                scale="points",
                kind="within",
                is_primary=False,
            ),
            Hypothesis(
                id="clusters",
                text=Text(
                    en="effective number of parents a child is shared among, first round over "
                    "tenth",
                    zh="每个子胶囊实际分给的父胶囊数，第一轮与第十轮之比",
                ),
                effect=logratio(
                    q.at_round(q.CAPSNET, "effective_parents", 1.0),
                    q.at_round(q.CAPSNET, "effective_parents", 10.0),
                ),
                margin=log(2.0),
                scale="ratio",
                is_primary=False,
            ),
        ),
    )
)
