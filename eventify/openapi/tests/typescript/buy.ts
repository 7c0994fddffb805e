// Buys a ticket. Every name and type in here is checked against the generated ones when it is compiled.
import createClient from "openapi-fetch";
import type { paths } from "./evient.js";

declare const process: { env: Record<string, string> };

const shop = createClient<paths>({ baseUrl: process.env.BASE });

const { data: account, error } = await shop.POST("/api/auth/register", {
  body: { email: "ts@example.com", password: "kettle-and-lamp-7", full_name: "Tess" },
});
if (!account) throw new Error(error.message);
const headers = { Authorization: `Bearer ${account.data.token}` };

const { data: found } = await shop.GET("/api/events", { params: { query: { search: "lights" } } });
const { data: shown } = await shop.GET("/api/events/{id}", { params: { path: { id: found!.data[0].slug } } });

const wanted = {
  params: { header: { "Idempotency-Key": "ts-1" } },
  body: { ticket_items: [{ ticket_type_id: shown!.data.ticket_types[0].id, quantity: 2 }] },
  headers,
};
const { data: bought, error: refused } = await shop.POST("/api/orders", wanted);
if (!bought) throw new Error(refused.error.code);
const { data: again } = await shop.POST("/api/orders", wanted);

const status: "pending" | "paid" | "cancelled" | "refunded" = bought.data.order.status;
console.log(status, bought.data.tickets.length, bought.data.order.id === again!.data.order.id);
