"""The addresses of the pages about the people."""

urlpatterns = []
