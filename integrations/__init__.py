"""How other systems hear of what happens here: facts, the feed, webhooks, and the keys of organisations."""
