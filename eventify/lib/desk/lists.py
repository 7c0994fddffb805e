"""A list: rows in a table that narrows, sorts, pages, and downloads; a person's own filters are kept by name."""

from datetime import date
from typing import NamedTuple

from django.core.paginator import Page as Slice
from django.core.paginator import Paginator
from django.db.models import F, Model, QuerySet
from django.db.models.expressions import OrderBy
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eventify.lib.desk import export, nav, say
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import Filters, without
from eventify.lib.desk.pages import Action, Page, is_htmx
from eventify.lib.desk.signals import downloaded
from eventify.lib.errors import Invalid

TABLE_ID = "results"  # what htmx replaces


class EmptyState(NamedTuple):
    """What a list says when there is nothing in it: what that means, and the next step."""

    title: object
    text: object = ""
    action: Action | None = None


class Bulk(NamedTuple):
    """A button for the chosen rows: it posts their uids as `uid` to the page of this url name."""

    label: object
    page: str
    permission: str = ""
    style: str = "secondary"


class Heading(NamedTuple):
    """The head of a column: its way of sorting is a link."""

    column: Column
    query: str  # of the list sorted by it; empty when it does not sort
    direction: str  # ascending, descending or empty


class Row(NamedTuple):
    """A row of the table."""

    object: object
    cells: list[tuple[Column, str]]
    menu: list[Action]


class ListPage(Page):
    """A list of `rows()`. The same filtered and sorted rows are shown a page at a time and downloaded whole."""

    template_name = "command_center/list.html"
    fragment_name = "command_center/parts/table.html"
    columns: tuple[Column, ...] = ()
    filters: type[Filters] = Filters
    search_hint: object = ""
    default_sort = ""  # as in ?sort=: "-joined_at"
    per_page = 50
    empty = EmptyState(gettext_lazy("Nothing here yet"))
    bulk: tuple[Bulk, ...] = ()
    intro_template = ""  # a template between the filters and the table: totals, a banner

    def rows(self) -> QuerySet:
        """What the person may see, with all that a column shows (annotated, joined, prefetched)."""
        raise NotImplementedError

    def row_actions(self, row) -> list[Action]:
        """The menu at the end of a row."""
        return []

    def get_columns(self) -> tuple[Column, ...]:
        return self.columns

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self._filterset = None

    @property
    def filterset(self) -> Filters:
        if self._filterset is None:
            self._filterset = self.filters(
                self.request.GET, self.rows(), request=self.request, hint=str(self.search_hint)
            )
        return self._filterset

    def get(self, request, *args, **kwargs):
        if request.GET.get("format") in export.FORMATS:
            return self.download(request.GET["format"])
        if is_htmx(request) and request.headers.get("HX-Target") == TABLE_ID:
            return self.fragment()
        return self.render()

    def fragment(self):
        """The table alone, for htmx; the browser's address gets no empty parameters."""
        self.template_name = self.fragment_name
        response = self.render()
        query = without(self.request.GET, "format")
        response["HX-Push-Url"] = f"{self.request.path}?{query}" if query else self.request.path
        return response

    def download(self, form: str):
        """The list as a file. Invalid when a filter has a bad value: nobody gets more rows than they asked for."""
        if self.filterset.form.errors:
            raise Invalid(_("A filter is not valid, so there is nothing to download. Correct it and try again."))
        columns = [column for column in self.get_columns() if column.export]
        today = timezone.now().astimezone(say.zone()).date()
        name, query = self.request.resolver_match.url_name, without(self.request.GET, "format")
        downloaded.send(type(self), user=self.request.user, page=name, query=query, form=form)
        return export.FORMATS[form](self.file_name(today), columns, self.sorted_rows())

    def file_name(self, today: date) -> str:
        """The name of a download, without its ending."""
        return f"{slugify(str(self.get_title())) or 'list'}-{today.isoformat()}"

    @property
    def sort(self) -> str:
        """The sorting in force, as in ?sort=; an unknown one is the default."""
        wanted = self.request.GET.get("sort", "")
        known = {column.sort for column in self.get_columns() if column.sort}
        return wanted if wanted.removeprefix("-") in known else self.default_sort

    def sorted_rows(self) -> QuerySet:
        """The filtered rows in their order; the newest row comes first among equals, empty values last."""
        rows = self.filterset.qs
        return rows.order_by(*([_order(rows.model, self.sort)] if self.sort else []), "-pk")

    def get_context_data(self, **context) -> dict:
        table = self.table()
        return super().get_context_data(**table, **self._filter_context(), **context)

    def table(self) -> dict:
        """The slice that is shown and all that the table needs; `head` is the column that names a row."""
        columns = self.get_columns()
        slice_ = Paginator(self.sorted_rows(), self.per_page).get_page(self.request.GET.get("page"))
        table_rows = self._table_rows(slice_)
        bulk = [one for one in self.bulk if not one.permission or self.request.user.can(one.permission)]
        return {
            "slice": slice_,
            "headings": [self._heading(column) for column in columns],
            "table_rows": table_rows,
            "head": next((one for one in columns if one.link), columns[0]),
            "has_menus": any(row.menu for row in table_rows),
            "bulk": bulk,
            "empty": self._empty(),
            "intro_template": self.intro_template,
        }

    def _empty(self) -> EmptyState:
        """What an empty list says, with its next step for who may take it."""
        step = self.empty.action
        may = step is None or not step.permission or nav.may(self.request.user, (step.permission,), step.is_scoped)
        return self.empty if may else self.empty._replace(action=None)

    def _table_rows(self, slice_: Slice) -> list[Row]:
        columns = self.get_columns()
        return [Row(row, [(column, column.html(row)) for column in columns], self.row_actions(row)) for row in slice_]

    def _heading(self, column: Column) -> Heading:
        if not column.sort:
            return Heading(column, "", "")
        is_current = self.sort.removeprefix("-") == column.sort
        is_falling = self.sort.startswith("-")
        query = self.request.GET.copy()
        first_falls = column.is_numeric or column.kind in ("moment", "relative", "day")
        falls = not is_falling if is_current else first_falls
        query["sort"] = f"-{column.sort}" if falls else column.sort
        direction = ("descending" if is_falling else "ascending") if is_current else ""
        return Heading(column, without(query, "page", "format"), direction)

    def _filter_context(self) -> dict:
        filters, page = self.filterset, self.url_name
        return {
            "filters": filters,
            "chips": filters.chips(),
            "is_narrowed": filters.is_narrowed,
            "sort_kept": self.request.GET.get("sort", "") and self.sort,
            "saved": list(self.request.user.saved_filters.filter(page=page)),
            "page_name": page,
            "current_query": without(self.request.GET, "page", "format"),
            "save_url": nav.address("desk-filter-save"),
            "delete_url": nav.address("desk-filter-delete"),
        }


def _order(model: type[Model], sort: str) -> OrderBy:
    """The ordering of one ?sort=; empty values come last. Columns that cannot be empty keep the use of their index."""
    path = sort.removeprefix("-")
    last = True if _may_be_empty(model, path) else None
    return F(path).desc(nulls_last=last) if sort.startswith("-") else F(path).asc()


def _may_be_empty(model: type[Model], path: str) -> bool:
    own = {field.name: field for field in model._meta.concrete_fields}
    return path not in own or own[path].null
