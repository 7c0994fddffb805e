"""What the accounts app tells upward (receivers: crew/receivers.py)."""

from django.dispatch import Signal

# Inside the transaction that made an account or gave it another address; `user` is the row.
address_given = Signal()
