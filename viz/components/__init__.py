"""Building blocks of pages. Each is a Vue template beside a typed Python signature."""
