"""`sanqu import dltb`: a third-survey database into an instance."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads annotations
from typing import Annotated

import typer

from optimizer import show
from optimizer.commands.common import OK, DebugOption, ForceOption, LangOption, error_console, guarded, out_console

WORDS = {
    "zh": {
        "account": "导入面积账（公顷）",
        "areas": "表列面积与图形面积（公顷）",
        "columns": ["环节", "项目", "数量", "面积", "规则"],
        "note": "读入与保留、剔除之差：{:.1e}",
        "closing": "{} 个空间单元，写入 {}；求解：sanqu solve {} --out {}-plan",
    },
    "en": {
        "account": "Where every hectare went",
        "areas": "Areas of the tables and of the polygons (ha)",
        "columns": ["stage", "item", "count", "ha", "rule"],
        "note": "read less kept and refused, relative: {:.1e}",
        "closing": "{} zones in {}; solve with: sanqu solve {} --out {}-plan",
    },
}
STAGES_ZH = {
    "read": "读入", "refused": "剔除", "repaired": "修复", "noted": "备注", "split": "切分",
    "merged": "并入", "kept": "保留",
}  # fmt: skip
ITEMS_ZH = {
    "encoding": "编码", "DLTB": "地类图斑", "empty class code": "无地类", "no unit code": "无单位代码",
    "no area": "无面积",
    "no polygon": "无图形", "invalid polygons": "无效图形", "duplicates": "重复", "overlaps": "重叠", "gaps": "缝隙",
    "farmland": "永久基本农田", "boundary": "城镇开发边界", "red_line": "生态保护红线", "slope_class": "坡度级别",
    "slope": "坡度", "zones": "空间单元", "areas that do not add up": "面积不符",
    "YJJBNTTB": "永久基本农田", "CZKFBJ": "城镇开发边界", "STBHHX": "生态保护红线",
}  # fmt: skip


@guarded
def dltb(
    source: Annotated[Path, typer.Argument(help="Folder with the layers, or a .gdb, .gpkg or .shp.")],
    instance: Annotated[
        Path, typer.Argument(metavar="INSTANCE", help="Folder for the instance; must not exist (see --force).")
    ],
    config: Annotated[Path | None, typer.Option(help="TOML file: layers, field names, zones, quotas.")] = None,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Import third-survey parcels with their control lines; every hectare is accounted for (导入三调数据库)."""
    from instances.readers.dltb import import_dltb
    from optimizer.results.folder import new_folder

    reads = (source, *([config] if config else []))
    with show.StageProgress(error_console) as progress, new_folder(instance, force, reads) as folder:
        made = import_dltb(source, folder, config, instance.resolve().name, progress.stage)
    words = WORDS[lang]
    account = made.account.table()
    if lang == "zh":
        account = account.replace({"stage": STAGES_ZH, "item": ITEMS_ZH})
    account = account.rename(columns=dict(zip(account.columns, words["columns"], strict=True)))
    show.table(out_console, str(words["account"]), account, str(words["note"]).format(made.account.imbalance))
    show.table(out_console, str(words["areas"]), made.differences.tail(1))
    closing = str(words["closing"]).format(f"{made.zones:,}", instance, instance, instance)
    out_console.print(closing, markup=False, soft_wrap=True)
    return OK
