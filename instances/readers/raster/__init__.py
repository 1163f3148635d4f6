"""Instances from a land-cover raster and overlays. 栅格地类与叠加图层导入."""
