"""Where research computes: compiled loops, threads, processes, a cluster."""
