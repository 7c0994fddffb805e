"""The scoreboard: what the platform does per second, beside the limit of its own database. Run bin/bench."""
