"""Compiled loops for what is done for every block of rigs, site or firm in every month.

Each kernel loops over the runs and, inside a run, over rows in their order, so that a run's numbers do not
depend on its batch. Numba compiles them to machine code at their first call and keeps the code on disk. It notices
a change of the file of a kernel only: kernels that call one another stand in one file, with the constants they use
(only the functions of ``maths`` are shared, which have no reason to change).
"""
