"""The wall: work that may not end, or may take its process with it, runs behind it.

A *pool* is a process that holds what the work needs (a store, a library) and forks *workers* from itself. A
worker does one job at a time, writes what it makes to a pipe, and may be killed at any moment; the client of
the pool then gets an error in place of an answer. `pool` is the pool's loop, `worker` the child's, `client`
the other end, `wire` what passes between them, `sandbox` what a worker may not do.
"""
