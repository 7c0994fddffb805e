"""The whole story over HTTP: an event is made, found, bought, paid, shown at the door, and counted."""

from bookings.models import Order
from eventify.contracts.evient.tests.conftest import client_of, data_of, error_of, pay


def test_from_the_first_draft_to_the_door(as_admin):
    body = {
        "title": "Night of Lights",
        "start_time": "2040-06-01T18:00:00Z",
        "end_time": "2040-06-01T23:00:00Z",
        "category": "Music",
        "is_hot": True,
        "ticket_types": [{"name": "GA", "price": 25, "quantity_total": 2}, {"name": "Child", "quantity_total": 1}],
    }
    made = data_of(as_admin.post("/api/admin/events", body), 201)
    visitor = client_of()
    error_of(visitor.get(f"/api/events/{made['id']}"), 404, "not_found")
    data_of(as_admin.put(f"/api/admin/events/{made['id']}", {"status": "published"}))
    banner = {"title": "Lights", "image_url": "/lights.png", "event_id": made["id"]}
    data_of(as_admin.post("/api/admin/banners", banner), 201)

    assert data_of(visitor.get("/api/banners"))[0]["event_id"] == made["id"]
    assert data_of(visitor.get("/api/events/featured"))[0]["slug"] == "night-of-lights"
    assert data_of(visitor.get("/api/events?category=music&search=lights"))[0]["price_from"] == 0
    adult, child = data_of(visitor.get("/api/events/night-of-lights"))["ticket_types"]

    person = {"email": "eve@example.com", "password": "secret", "full_name": "Eve"}
    token = data_of(visitor.post("/api/auth/register", person), 201)["token"]
    visitor.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    items = [{"ticket_type_id": adult["id"], "quantity": 2}, {"ticket_type_id": child["id"], "quantity": 1}]
    bought = data_of(visitor.post("/api/orders", {"ticket_items": items}), 201)
    assert bought["order"]["total_amount"] == 50 and bought["payment_url"]
    assert data_of(visitor.get("/api/users/tickets")) == []
    error_of(visitor.post("/api/orders", {"ticket_items": items}), 409, "sold_out")
    pay(Order.objects.get())

    wallet = data_of(visitor.get("/api/users/tickets?status=valid"))
    assert len(wallet) == 3 and {one["event"]["title"] for one in wallet} == {"Night of Lights"}
    code = wallet[0]["ticket_code"]
    error_of(visitor.post("/api/admin/scanners/checkin", {"code": code}), 403, "forbidden")
    assert data_of(as_admin.get("/api/admin/scanners/validate", {"code": code}))["valid"] is True
    data_of(as_admin.post("/api/admin/scanners/checkin", {"code": code, "gate": "A"}))
    error_of(as_admin.post("/api/admin/scanners/checkin", {"code": code}), 409, "not_valid")
    assert [one["ticket_code"] for one in data_of(visitor.get("/api/users/tickets?status=used"))] == [code]

    error_of(visitor.post(f"/api/orders/{bought['order']['id']}/cancel"), 409, "not_cancellable")
    stats = data_of(as_admin.get("/api/admin/stats"))
    assert (stats["total_revenue"], stats["total_tickets"], stats["tickets_used"]) == (50, 3, 1)
    assert data_of(visitor.get("/api/events/night-of-lights"))["is_sold_out"] is True
    data_of(visitor.post("/api/auth/logout"))
    error_of(visitor.get("/api/auth/me"), 401, "unauthenticated")
