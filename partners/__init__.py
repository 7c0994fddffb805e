"""Whom we trade with: partner organisations and their members."""
