"""Results of a prioritisation (修复选址成果): selection, representation, costs, rules, workbook and GeoPackage."""
