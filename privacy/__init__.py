"""What people may ask of their own data: a copy, erasure, and that nothing is kept longer than it has to be."""
