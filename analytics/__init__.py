"""What it adds up to: cached summaries and statistics."""
