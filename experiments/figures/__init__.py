"""Figures: what each shows is defined once, as plain data; here they are also drawn for PNG."""
