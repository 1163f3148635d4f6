"""Where plants may stand and lines may run: eligible land, sites, routes over terrain (选址与走廊)."""
