"""Eventify: the project that wires the applications together."""
