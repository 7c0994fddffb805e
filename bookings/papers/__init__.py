"""Papers: what buyers hold in their hands - tickets, calendars, passes, invoices and receipts."""
