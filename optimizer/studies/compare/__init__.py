"""What a study came to, side by side: tables, page and workbook (情景对比)."""
