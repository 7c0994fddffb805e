"""Whom we trade with: organisations, their papers, the ledger, and what they are paid."""

from partners.models.ledger import Balance, Entry, Transfer
from partners.models.organisations import Contact, Invitation, Member, Partner
from partners.models.papers import BankAccount, Document
from partners.models.payouts import Payout, PayoutBatch, SandboxTransfer

__all__ = [
    "Balance",
    "BankAccount",
    "Contact",
    "Document",
    "Entry",
    "Invitation",
    "Member",
    "Partner",
    "Payout",
    "PayoutBatch",
    "SandboxTransfer",
    "Transfer",
]
