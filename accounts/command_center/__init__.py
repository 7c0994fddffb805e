"""The command center's pages about people, the audit log, and what each person keeps for themselves."""
