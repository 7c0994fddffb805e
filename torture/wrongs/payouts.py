"""Of the payouts."""

from partners.tests.paying_process import book_before_sending, send_again_under_a_new_reference

WRONGS = (send_again_under_a_new_reference, book_before_sending)
