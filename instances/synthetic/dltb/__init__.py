"""Made third-survey databases: irregular parcels, control lines and the flaws that real ones have.

合成三调数据库，用于演示与测试；真实数据不随本工具分发。
"""

from __future__ import annotations

from instances.synthetic.dltb.generate import Flaws, generate_dltb

__all__ = ["Flaws", "generate_dltb"]
