"""Our own rules by which facts become tables: one module per kind of table, assumptions in small dicts."""
