"""What a page of verdicts says, in each language."""

from capsprobe.claims.text import Language, Text

VERDICTS = {
    "supported": Text(en="supported", zh="成立"),
    "refuted": Text(en="refuted", zh="被否定"),
    "equivalent": Text(en="equivalent", zh="等价"),
    "undecided": Text(en="undecided", zh="未决"),
    "not tested": Text(en="not tested", zh="未检验"),
}
OUTCOMES = {
    "holds": Text(en="holds", zh="成立"),
    "fails": Text(en="fails", zh="不成立"),
    "open": Text(en="open", zh="未定"),
    "not tested": Text(en="not tested", zh="未检验"),
}
MARKS = {"supported": "✓", "refuted": "✗", "equivalent": "=", "undecided": "?", "not tested": "–"}
UNITS = {
    "image": Text(en="images", zh="幅图像"),
    "pair": Text(en="pairs of images", zh="对图像"),
    "class": Text(en="classes", zh="个类别"),
    "dimension": Text(en="dimensions", zh="个维度"),
    "child": Text(en="children", zh="个子胶囊"),
    "network": Text(en="networks", zh="个网络"),
}
PAGE = {
    "title": Text(en="What holds of the article's claims", zh="文章的断言，哪些成立"),
    "skip": Text(en="Skip to the verdicts", zh="跳到结论"),
    "other": Text(en="中文", zh="English"),
    "sections": Text(en="Sections", zh="章节"),
    "partial": Text(en="partial run", zh="未完成的运行"),
    "verdicts": Text(en="Verdicts", zh="结论"),
    "details": Text(en="Claim by claim", zh="逐条说明"),
    "probes": Text(en="The probes", zh="各项探测"),
    "formulas": Text(en="What the formulas say", zh="公式说了什么"),
    "limits": Text(en="Limits", zh="局限"),
    "how": Text(en="How it is judged", zh="如何裁决"),
    "provenance": Text(en="Provenance", zh="来源"),
    "lead": Text(
        en="A note of 2024 makes eight claims about capsule networks (CapsNets). Each was put to a "
        "test whose hypotheses and margins were planned before any result was read.",
        zh="一篇 2024 年的笔记对胶囊网络（CapsNet）作出八条断言。"
        "每条都按看到结果之前拟定的假设与界限来检验。",
    ),
    "assertion": Text(en="The article", zh="文章"),
    "found": Text(en="Found", zh="发现"),
    "open_details": Text(en="hypotheses and numbers", zh="假设与数据"),
    "basis": Text(en="What it rests on there", zh="文中依据"),
    "change": Text(en="What would change this verdict", zh="什么会改变这一结论"),
    "literature": Text(en="Literature beside ours", zh="文献对照"),
    "takes": Text(en="What support takes", zh="成立的条件"),
    "power": Text(en="Power", zh="检验功效"),
    "hypothesis": Text(en="Hypothesis", zh="假设"),
    "estimate": Text(en="Estimate", zh="估计"),
    "interval": Text(en="95 % interval", zh="95 % 区间"),
    "margin": Text(en="Margin", zh="界限"),
    "p_for": Text(en="p, in favour", zh="p（支持）"),
    "p_against": Text(en="p, against", zh="p（反对）"),
    "seeds": Text(en="Seeds", zh="种子"),
    "units": Text(en="Units", zh="单位数"),
    "outcome": Text(en="By itself", zh="单独看"),
    "detectable": Text(en="Would be found", zh="可检出"),
    "table_note": Text(
        en="Numbered hypotheses decide the claim; the others say more about it. p-values here are "
        "one-sided and not corrected; “by itself” reads them at 2.5 % each. “Would be found”: the "
        "smallest effect that would have been shown to hold four times in five, at the strictest "
        "level of the correction.",
        zh="带编号的假设决定断言，其余作补充。此处 p 值为单侧、未校正；“单独看”按每侧 2.5 % 判读。"
        "“可检出”：在校正最严的水平上，五次中有四次能证明成立的最小效应。",
    ),
    "figure_note": Text(
        en="One line a hypothesis, numbered as in the table; those of one unit share an axis. The "
        "point is the estimate, the line its 95 % interval (cut where it is very wide), shaded "
        "where "
        "the hypothesis holds, dashed where there is no effect.",
        zh="每行一个假设，编号同下表；同一单位共用一轴。点为估计，线为 95 % 区间（过宽处截断），"
        "阴影处假设成立，虚线为无效应。",
    ),
    "pairs": Text(en="Checkpoint pairs on clean images", zh="同一批原图上的成对检查点"),
    "pairs_note": Text(
        en="McNemar's exact test: it says that two checkpoints differ, not that two architectures "
        "do.",
        zh="McNemar 精确检验：只说明两个检查点不同，不说明两种结构不同。",
    ),
    "only": Text(en="only {} right", zh="仅答对 {}"),
    "probes_link": Text(
        en="Every probe of this run, with figures, tables and samples, a page a question:",
        zh="本次运行的每个探测，含图、表与样例，每个问题一页（英文）：",
    ),
    "repeat": Text(en="This command repeats the run:", zh="重现本次运行的命令："),
    "files": Text(en="Files", zh="文件"),
    "file_json": Text(en="every verdict and number, for machines", zh="全部结论与数字，供程序读取"),
    "file_table": Text(en="every hypothesis, a row each", zh="每个假设一行"),
    "device": Text(en="Device", zh="设备"),
    "versions": Text(en="Versions", zh="版本"),
    "data": Text(en="Data", zh="数据"),
    "not_recorded": Text(en="not recorded", zh="未记录"),
    "footer": Text(
        en="Written by capsprobe. This page is one file: it loads nothing and sends nothing.",
        zh="由 capsprobe 生成。本页只有一个文件，不加载也不发送任何内容。",
    ),
    "doubts": Text(en="Why nothing is concluded", zh="为何不作结论"),
    "model": Text(en="Models", zh="模型"),
    "seed": Text(en="Seed", zh="种子"),
}
HOW = (
    Text(
        en="The training seed is what is repeated: models are compared seed by seed, on the same "
        "images. The error of a mean has two parts, between seeds and between images, as where "
        "many "
        "readers read many cases (Dorfman, Berbaum and Metz 1992); its degrees of freedom are "
        "those of the seeds alone. "
        "With one seed nothing is concluded.",
        zh="重复的单位是训练种子：模型按种子、在相同图像上成对比较。"
        "均值的误差分为种子间与图像间两部分，"
        "如同多名阅片者读多例（Dorfman、Berbaum 与 Metz 1992）"
        "，自由度只取种子的。只有一个种子时不作结论。",
    ),
    Text(
        en="A hypothesis holds where its effect is shown to be above the margin, and fails where "
        "it "
        "is shown to be below: a difference too small to matter refutes as well. “Within” is shown "
        "by "
        "two one-sided tests (TOST).",
        zh="效应被证明高于界限则假设成立，被证明低于界限则不成立：小到无关紧要的差异同样构成否定。"
        "“不超过”由两个单侧检验（TOST）证明。",
    ),
    Text(
        en="A claim is supported where all of its numbered hypotheses hold (intersection-union), "
        "and "
        "refuted where one fails (Bonferroni among its own). Both directions of all claims are "
        "corrected together, after Holm, so that a wrong verdict anywhere on this page has a "
        "chance of "
        "at most 5 %.",
        zh="带编号的假设全部成立，断言才成立（交-并检验）"
        "；有一个不成立即被否定（其内部用 Bonferroni）。"
        "所有断言的两个方向一起按 Holm 校正，使本页出现任何错误结论的概率至多 5 %。",
    ),
    Text(
        en="A model whose attack lights are red, or were not lit, cannot be what is robust, nor "
        "what "
        "another loses to.",
        zh="攻击强度指示灯为红或未点亮的模型，既不能算作鲁棒，也不能作为别人输给的对象。",
    ),
)
FORMULAS = (
    Text(
        en="The article's routing turns m capsules into one output: logits start at zero; in each "
        "round the softmax runs over the m inputs, the weighted sum is squashed, and each logit "
        "grows "
        "by the product of capsule and output. The last step sums with the raw logits.",
        zh="文中的路由把 m 个胶囊变成一个输出：logit 从零开始；每一轮 softmax 取在 m 个输入上，"
        "加权和经 squash 收缩，每个 logit 加上胶囊与输出的内积。最后一步用未归一化的 logit 求和。",
    ),
    Text(
        en="Sabour et al. (2017) differ in four points. Each capsule first makes a vote for every "
        "parent by a learned matrix; there are several parents; the softmax runs over the parents, "
        "so "
        "that children choose; the last sum uses the coefficients and is squashed.",
        zh="Sabour 等（2017）有四点不同：每个胶囊先用学到的矩阵向每个父胶囊投票；有多个父胶囊；"
        "softmax 取在父胶囊上，由子胶囊来选择；最后的求和使用耦合系数，并经 squash 收缩。",
    ),
    Text(
        en="With one parent and a softmax over the inputs, “clusters many vectors into one” is "
        "k-means "
        "with k = 1: a weighted mean. The claim has content only with several parents, and is "
        "tested "
        "with those. The literal formula is shipped beside it as capsnet-article.",
        zh="只有一个父胶囊、softmax 取在输入上时，"
        "“把许多向量聚成一个”就是 k = 1 的 k-means，即加权平均。"
        "该断言只有在多个父胶囊时才有内容，因此按多个父胶囊检验。"
        "文中公式另以 capsnet-article 提供。",
    ),
    Text(
        en="The article's SENet is v = sigmoid(W2 ReLU(W1 U)). It has no squeeze (global pooling) "
        "and "
        "no rescaling of the input by the gate, and its W2 is a learned constant, where routing "
        "weights "
        "depend on the input. Hu et al. (2018) pool first, gate with a bottleneck, and multiply "
        "the "
        "gate onto the channels. Both are tested: a real SE network, and the literal formula as a "
        "head "
        "on primary capsules (se-head).",
        zh="文中的 SENet 是 v = sigmoid(W2 ReLU(W1 U))：没有 squeeze（全局池化），"
        "也不用门控缩放输入，"
        "W2 是学到的常数，而路由权重取决于输入。Hu 等（2018）先池化，经瓶颈得到门控，再乘到通道上。"
        "两者都检验：真实的 SE 网络，以及作为初级胶囊上输出头的文中公式（se-head）。",
    ),
)
LIMITS = (
    Text(
        en="Small grey digits and networks of a few hundred thousand parameters: what holds here "
        "need "
        "not hold of large images or networks.",
        zh="小幅灰度数字、几十万参数的网络：此处成立的，不必适用于大图像或大网络。",
    ),
    Text(
        en="Few training seeds: an undecided claim is often one that so few cannot decide. The "
        "column "
        "“would be found” says what they could have shown.",
        zh="训练种子很少：未决的断言往往只是种子太少。“可检出”一栏说明它们能证明什么。",
    ),
    Text(
        en="CapsNet, SENet and CNN share trunk, data, epochs and loss, so that one thing differs "
        "at a "
        "time; each might do better with a recipe of its own.",
        zh="CapsNet、SENet 与 CNN 共用主干、数据、轮数与损失，"
        "每次只差一处；各自若用专门的训练方法或许更好。",
    ),
    Text(
        en="No attack proves robustness. Robust accuracy is an upper bound, whatever the lights "
        "say.",
        zh="任何攻击都不能证明鲁棒。无论指示灯如何，鲁棒准确率都只是上界。",
    ),
    Text(
        en="Times depend on the machine; only their ratios within one run count.",
        zh="时间取决于机器；只有同一次运行内的比值有意义。",
    ),
)


def units(unit: str, language: Language) -> str:
    """Return what units are called, many of them."""
    known = UNITS.get(unit)
    return known[language] if known else unit
