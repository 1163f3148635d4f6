"""Independent audit (独立核验): recomputes a written plan from the raw tables; shares no code with the model."""

from optimizer.results.audit.check import Check
from optimizer.results.audit.files import AuditInputError
from optimizer.results.audit.report import AuditReport
from optimizer.results.audit.run import audit

__all__ = ["AuditInputError", "AuditReport", "Check", "audit"]
