"""The network: nodal balance, plant, storage, lines and what may be built, in Pyomo Blocks; see `template`."""
