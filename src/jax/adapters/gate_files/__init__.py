"""What this machine knows of the gate whatever the database says: the root file, the snapshots seen."""
