"""Cases, one process a run, and the tables and figures made of them."""
