"""The volunteer portal."""

urlpatterns = []
