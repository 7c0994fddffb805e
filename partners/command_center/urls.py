"""The addresses of these pages."""

from django.urls import path

from partners.command_center import kyc, ledger, partner_acts, partners, payout_acts, payouts, statements

urlpatterns = [
    path("partners/", partners.Partners.as_view(), name="desk-partners"),
    path("partners/invite/", partner_acts.InvitePartner.as_view(), name="desk-partner-invite"),
    path("partners/<uuid:uid>/", partners.PartnerPage.as_view(), name="desk-partner"),
    path("partners/<uuid:uid>/suspend/", partner_acts.Suspend.as_view(), name="desk-partner-suspend"),
    path("partners/<uuid:uid>/activate/", partner_acts.Activate.as_view(), name="desk-partner-activate"),
    path("partners/<uuid:uid>/terms/", partner_acts.Terms.as_view(), name="desk-partner-terms"),
    path("partners/<uuid:uid>/legal/", partner_acts.Legal.as_view(), name="desk-partner-legal"),
    path("partners/<uuid:uid>/upload/", partner_acts.Upload.as_view(), name="desk-partner-upload"),
    path("partners/<uuid:uid>/people/invite/", partner_acts.InviteMember.as_view(), name="desk-partner-invite-member"),
    path("invitations/<uuid:uid>/resend/", partner_acts.ResendInvitation.as_view(), name="desk-invitation-resend"),
    path("invitations/<uuid:uid>/revoke/", partner_acts.RevokeInvitation.as_view(), name="desk-invitation-revoke"),
    path("kyc/", kyc.Queue.as_view(), name="desk-kyc"),
    path("kyc/<uuid:uid>/", kyc.Review.as_view(), name="desk-document"),
    path("documents/<uuid:uid>/", partner_acts.DocumentFile.as_view(), name="desk-document-file"),
    path("ledger/", ledger.Ledger.as_view(), name="desk-ledger"),
    path("ledger/<uuid:uid>/", ledger.TransferPage.as_view(), name="desk-transfer"),
    path("partners/<uuid:uid>/statement/", statements.StatementPage.as_view(), name="desk-statement"),
    path("payouts/", payouts.Batches.as_view(), name="desk-payouts"),
    path("payouts/all/", payouts.Payouts.as_view(), name="desk-payout-list"),
    path("payouts/new/", payout_acts.NewPayouts.as_view(), name="desk-payout-new"),
    path("payouts/new/draw-up/", payout_acts.DrawUp.as_view(), name="desk-payout-draw-up"),
    path("payouts/<uuid:uid>/", payouts.BatchPage.as_view(), name="desk-payout-batch"),
    path("payouts/<uuid:uid>/live/", payouts.BatchLive.as_view(), name="desk-payout-live"),
    path("payouts/<uuid:uid>/approve/", payout_acts.Approve.as_view(), name="desk-payout-approve"),
    path("payouts/<uuid:uid>/discard/", payout_acts.Discard.as_view(), name="desk-payout-discard"),
    path("payouts/<uuid:uid>/file/", payout_acts.BankFile.as_view(), name="desk-payout-file"),
    path("payouts/<uuid:uid>/executed/", payout_acts.Executed.as_view(), name="desk-payout-executed"),
    path("payouts/one/<uuid:uid>/refused/", payout_acts.Refused.as_view(), name="desk-payout-refused"),
]
