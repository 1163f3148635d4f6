"""Instances of any size that are made up, spatially coherent, feasible by construction and the same for a seed.

合成实例：任意规模、空间相关、构造上可行，同一随机种子结果相同。
"""

from __future__ import annotations

from instances.synthetic.options import Options
from instances.synthetic.sample import Sample, draw, generate

__all__ = ["Options", "Sample", "draw", "generate"]
