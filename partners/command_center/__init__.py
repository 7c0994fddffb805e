"""The pages of the command center about partners and money."""
