"""Why no plan meets every rule, in planning terms with amounts (无可行方案的原因)."""

from __future__ import annotations

from optimizer.infeasibility.explain import explain
from optimizer.infeasibility.explanation import Clash, Explanation, RuleRef, Withheld

__all__ = ["Clash", "Explanation", "RuleRef", "Withheld", "explain"]
