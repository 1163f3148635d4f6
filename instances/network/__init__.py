"""The network part: buses, plant, lines, sites, loads and corridors, as validated tables.

电网部分。What the tables hold is declared in `instances.schema`; the energy formulations read them from here.
"""

from instances.network.network import EVERY_YEAR, Network

__all__ = ["EVERY_YEAR", "Network"]
