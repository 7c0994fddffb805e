"""The made-up crews: a small lively one for `seed --demo`, and a whole festival for `seed --festival`."""
