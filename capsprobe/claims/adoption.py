"""What no measurement here can say: whether CapsNets are used."""

from capsprobe.claims.base import Claim, claims
from capsprobe.claims.text import Text

claims.register("adoption")(
    Claim(
        id="adoption",
        title=Text(en="Adoption", zh="应用"),
        assertion=Text(
            en="CapsNets have no practical use yet and faded away.",
            zh="胶囊网络至今没有实际用途，已经淡出。",
        ),
        place=Text(en="said, without figures", zh="文中断言，未给数据"),
        takes=Text(
            en="A study of what is deployed and published, which is not a measurement of networks.",
            zh="需要对部署与发表情况的调查，而那不是对网络的测量。",
        ),
        literature=Text(en="None is set beside this claim.", zh="此断言无可对照的文献。"),
        untested=Text(
            en="how often a method is used cannot be measured on its networks",
            zh="一种方法被使用的多少无法在其网络上测量",
        ),
    )
)
