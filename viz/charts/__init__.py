"""ECharts renderer: figure definitions in, plain options out."""
