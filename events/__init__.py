"""What happens: events and festivals, categories, images, banners."""
