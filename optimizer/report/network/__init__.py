"""The report of a network plan, alone or on the page of a land plan (电网与能源选址报告)."""
