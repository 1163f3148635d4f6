"""Third-survey parcels (三调地类图斑 DLTB) and control lines into an instance."""

from __future__ import annotations

from instances.readers.dltb.run import Imported, import_dltb

__all__ = ["Imported", "import_dltb"]
