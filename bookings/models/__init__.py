"""Who comes: an order is the money, a booking a place for n people at one event, a ticket one person's admission."""

from bookings.models.door import Device, DoorKey, DoubleAdmission, RevokedCode, Scan
from bookings.models.fields import MONEY
from bookings.models.money import (
    Invoice,
    InvoiceSeries,
    MassRefund,
    Payment,
    Refund,
    SandboxCharge,
    WebhookDelivery,
)
from bookings.models.room import RoomEntry, WaitingRoom
from bookings.models.selling import Booking, Order, PromoCode, TicketType
from bookings.models.tickets import Hall, Resale, Seat, Ticket, TicketTransfer

__all__ = [
    "MONEY",
    "Booking",
    "Device",
    "DoorKey",
    "DoubleAdmission",
    "Hall",
    "Invoice",
    "InvoiceSeries",
    "MassRefund",
    "Order",
    "Payment",
    "PromoCode",
    "Refund",
    "Resale",
    "RevokedCode",
    "RoomEntry",
    "SandboxCharge",
    "Scan",
    "Seat",
    "Ticket",
    "TicketTransfer",
    "TicketType",
    "WaitingRoom",
    "WebhookDelivery",
]
