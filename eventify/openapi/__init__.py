"""What the contracts are, as OpenAPI 3.1 documents: made of routes, bodies, filters and each CONTRACT.md."""
