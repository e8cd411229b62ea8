"""Compiled data tables: firms, leases, regions, rigs, prices, rules, costs and histories."""

from sim.tables.check import TableError
from sim.tables.load import Table, Tables, load_tables, split_shares

__all__ = ["Table", "TableError", "Tables", "load_tables", "split_shares"]
