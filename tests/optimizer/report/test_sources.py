from optimizer.report.sources import corrected_rows, source_rows


def test_published_rows_are_left_out_and_the_weakest_come_first(weihai):
    rows = source_rows(weihai, "en")
    assert "published" not in {row.status for row in rows}
    assert rows[0].status == "made"
    quotas = weihai.require_land().quotas
    listed = sum(row.count for row in rows if row.table == "quotas")
    assert listed == (quotas["status"] != "published").sum()


def test_shipped_parameters_count_where_the_instance_has_none(weihai):
    assert {row.what for row in source_rows(weihai, "en") if row.table == "parameters"} >= {"years of stock gain"}


def test_corrected_values_keep_what_was_printed(weihai):
    assert any("0.0005" in line for line in corrected_rows(weihai, "zh"))
