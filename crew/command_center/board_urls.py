"""The addresses of the pages about the board."""

urlpatterns = []
