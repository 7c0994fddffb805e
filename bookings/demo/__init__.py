"""Made-up worlds: the small one of contract 001 (`basic`) and a rich one for every other part (`rich`)."""
