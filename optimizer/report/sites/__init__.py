"""The report of a study of sites (修复选址报告)."""
