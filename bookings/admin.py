"""The raw view of sales for engineers: to look at, for only verbs change stock and money."""

from django.contrib import admin

from accounts.admin import ThroughVerbs, ViewOnly
from bookings import ticket_types
from bookings.models import (
    Booking,
    Device,
    DoorKey,
    DoubleAdmission,
    Hall,
    Invoice,
    InvoiceSeries,
    MassRefund,
    Order,
    Payment,
    PromoCode,
    Refund,
    Resale,
    RevokedCode,
    RoomEntry,
    SandboxCharge,
    Scan,
    Seat,
    Ticket,
    TicketTransfer,
    TicketType,
    WaitingRoom,
    WebhookDelivery,
)


@admin.register(TicketType)
class TicketTypeAdmin(ThroughVerbs):
    """Kinds of tickets; a change goes through the event's stock."""

    verbs, owner = ticket_types, "event"
    list_display = ("name", "event", "price", "quantity_sold", "quantity_total", "status", "sales_end_at")
    list_filter = ("status",)
    list_select_related = ("event",)
    search_fields = ("name", "event__name")
    autocomplete_fields = ("event",)
    readonly_fields = ("uid", "quantity_sold", "created_at", "updated_at")
    ordering = ("-id",)

    def get_readonly_fields(self, request, obj=None):
        return (*self.readonly_fields, "event") if obj else self.readonly_fields


@admin.register(Order)
class OrderAdmin(ViewOnly):
    """Orders and their money."""

    list_display = ("uid", "user", "status", "total_amount", "currency", "created_at", "paid_at", "expires_at")
    list_filter = ("status", "has_expired", "currency")
    list_select_related = ("user",)
    search_fields = ("user__email", "uid__startswith", "payment_transaction_id", "idempotency_key")
    date_hierarchy = "created_at"
    ordering = ("-id",)


@admin.register(Booking)
class BookingAdmin(ViewOnly):
    """Places at events, waiting ones too."""

    list_display = ("uid", "user", "event", "ticket_type", "qty", "status", "order", "created_at")
    list_filter = ("status",)
    list_select_related = ("user", "event", "ticket_type", "order")
    search_fields = ("user__email", "event__name", "uid__startswith", "idempotency_key")
    date_hierarchy = "created_at"
    ordering = ("-id",)


@admin.register(Hall)
class HallAdmin(ViewOnly):
    """How halls lie."""

    list_display = ("event", "stage", "updated_at")
    list_select_related = ("event",)
    search_fields = ("event__name",)
    ordering = ("-id",)


@admin.register(Seat)
class SeatAdmin(ViewOnly):
    """Numbered places."""

    list_display = ("label", "event", "position", "reserved_booking")
    list_filter = (("reserved_booking", admin.EmptyFieldListFilter),)
    list_select_related = ("event", "reserved_booking")
    search_fields = ("label", "event__name")
    ordering = ("-event", "position")


@admin.register(Ticket)
class TicketAdmin(ViewOnly):
    """Admissions. The code opens the door, so the list does not show it."""

    list_display = ("uid", "user", "event", "ticket_type", "seat", "status", "used_at", "used_gate")
    list_filter = ("status",)
    list_select_related = ("user", "event", "ticket_type", "seat")
    search_fields = ("user__email", "event__name", "uid__startswith", "=ticket_code")
    date_hierarchy = "created_at"
    ordering = ("-id",)


@admin.register(Payment)
class PaymentAdmin(ViewOnly):
    """Attempts to get the money of an order."""

    list_display = ("uid", "order", "provider", "amount", "currency", "status", "created_at", "paid_at")
    list_filter = ("status", "provider")
    list_select_related = ("order",)
    search_fields = ("uid__startswith", "order__uid__startswith", "provider_reference")
    date_hierarchy = "created_at"
    ordering = ("-id",)


@admin.register(Refund)
class RefundAdmin(ViewOnly):
    """Money on its way back."""

    list_display = ("uid", "payment", "amount", "status", "reason", "created_at", "done_at")
    list_filter = ("status",)
    list_select_related = ("payment",)
    search_fields = ("uid__startswith", "payment__uid__startswith", "reason")
    date_hierarchy = "created_at"
    ordering = ("-id",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ViewOnly):
    """What providers told us."""

    list_display = ("delivery_id", "provider", "received_at", "processed_at")
    list_filter = ("provider", ("processed_at", admin.EmptyFieldListFilter))
    search_fields = ("delivery_id",)
    date_hierarchy = "received_at"
    ordering = ("-id",)


@admin.register(SandboxCharge)
class SandboxChargeAdmin(ViewOnly):
    """The sandbox provider's own books."""

    list_display = ("reference", "amount", "currency", "status", "description", "created_at")
    list_filter = ("status",)
    search_fields = ("reference__startswith", "description")
    date_hierarchy = "created_at"
    ordering = ("-id",)


@admin.register(MassRefund)
class MassRefundAdmin(ViewOnly):
    """Refunds of everybody who paid for an event."""

    list_display = ("event", "reason", "requested_by", "created_at", "finished_at")
    list_select_related = ("event", "requested_by")
    search_fields = ("event__name", "reason")
    ordering = ("-id",)


@admin.register(PromoCode)
class PromoCodeAdmin(ViewOnly):
    """Promo codes of events."""

    list_display = ("code", "event", "percent_off", "amount_off", "used_places", "max_places", "is_active")
    list_filter = ("is_active",)
    list_select_related = ("event",)
    search_fields = ("code", "event__name")
    ordering = ("-id",)


@admin.register(TicketTransfer)
class TicketTransferAdmin(ViewOnly):
    """Tickets passed on."""

    list_display = ("ticket", "sender", "to_email", "status", "expires_at", "recipient")
    list_filter = ("status",)
    list_select_related = ("ticket", "sender", "recipient")
    search_fields = ("to_email", "sender__email")
    ordering = ("-id",)


@admin.register(Resale)
class ResaleAdmin(ViewOnly):
    """Tickets given back to the queue."""

    list_display = ("ticket", "seller", "event", "ticket_type", "price", "status", "buyer_booking")
    list_filter = ("status",)
    list_select_related = ("ticket", "seller", "event", "ticket_type", "buyer_booking")
    search_fields = ("seller__email", "event__name")
    ordering = ("-id",)


@admin.register(WaitingRoom)
class WaitingRoomAdmin(ViewOnly):
    """Waiting rooms; the seed stays sealed until it is drawn."""

    list_display = ("event", "opens_at", "draw_at", "drawn_at", "ended_at", "max_inside", "rate")
    list_select_related = ("event",)
    search_fields = ("event__name",)
    exclude = ("sealed_seed",)
    ordering = ("-id",)


@admin.register(RoomEntry)
class RoomEntryAdmin(ViewOnly):
    """Places in waiting rooms."""

    list_display = ("room", "user", "status", "is_early", "rank", "place", "joined_at", "admitted_at")
    list_filter = ("status", "is_early")
    list_select_related = ("room__event", "user")
    search_fields = ("uid__startswith", "user__email")
    ordering = ("-id",)


@admin.register(InvoiceSeries)
class InvoiceSeriesAdmin(ViewOnly):
    """The last number of each seller and year."""

    list_display = ("partner", "year", "last_number")
    list_filter = ("year",)
    list_select_related = ("partner",)
    search_fields = ("partner__name",)
    ordering = ("-id",)


@admin.register(Invoice)
class InvoiceAdmin(ViewOnly):
    """Invoices and credit notes."""

    list_display = ("number", "kind", "series", "order", "issued_at", "currency", "total")
    list_filter = ("kind", "currency")
    list_select_related = ("series", "order")
    search_fields = ("key", "order__uid__startswith")
    ordering = ("-id",)


@admin.register(DoorKey)
class DoorKeyAdmin(ViewOnly):
    """The keys that sign tickets; the private part stays sealed."""

    list_display = ("event", "number", "created_at")
    list_select_related = ("event",)
    search_fields = ("event__name",)
    exclude = ("sealed_private_key",)
    ordering = ("-id",)


@admin.register(Device)
class DeviceAdmin(ViewOnly):
    """Devices at doors."""

    list_display = ("name", "event", "gate", "enrolled_by", "enrolled_at", "revoked_at", "last_seen_at")
    list_select_related = ("event", "enrolled_by")
    search_fields = ("name", "event__name")
    ordering = ("-id",)


@admin.register(Scan)
class ScanAdmin(ViewOnly):
    """Every scan."""

    list_display = ("event", "ticket", "device", "by", "gate", "verdict", "is_offline", "scanned_at", "undone_at")
    list_filter = ("verdict", "is_offline")
    list_select_related = ("event", "ticket", "device", "by")
    search_fields = ("event__name", "gate", "code_hash")
    ordering = ("-id",)


@admin.register(DoubleAdmission)
class DoubleAdmissionAdmin(ViewOnly):
    """Tickets that let people in more than once."""

    list_display = ("ticket", "event", "settled_at", "settled_by")
    list_select_related = ("ticket", "event", "settled_by")
    search_fields = ("event__name",)
    ordering = ("-id",)


@admin.register(RevokedCode)
class RevokedCodeAdmin(ViewOnly):
    """Codes that open no door any more."""

    list_display = ("event", "ticket", "at")
    list_select_related = ("event", "ticket")
    search_fields = ("event__name", "code_hash")
    ordering = ("-id",)
