"""The addresses of the planner's pages."""

from crew.command_center import board_urls, people_urls

urlpatterns = [*board_urls.urlpatterns, *people_urls.urlpatterns]
