"""The door: keys, signed codes, devices, scans and how they merge."""
