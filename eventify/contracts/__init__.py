"""The published API contracts: they translate in, make one domain call, and translate out."""
