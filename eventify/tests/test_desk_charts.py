"""Charts: geometry that holds every value, and the same figures as words."""

import re
from decimal import Decimal

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from eventify.lib import currencies
from eventify.lib.desk import charts
from eventify.lib.desk.charts import HEIGHT, WIDTH, Chart, Series, nice_range

figures = st.floats(min_value=-1e12, max_value=1e12, allow_nan=False).map(lambda value: round(value, 2))


def drawn(**changes) -> Chart:
    given_ = {"title": "Revenue", "labels": ["Mon", "Tue", "Wed"], "series": [Series("Sold", [1, 5, 3])], **changes}
    return Chart(**given_)


def html(chart: Chart) -> str:
    return Template("{% load desk %}{% chart drawn %}").render(Context({"drawn": chart}))


@given(figures, figures)
def test_the_scale_holds_both_ends_and_zero(one, other):
    top, bottom = nice_range(max(one, other), min(one, other))
    assert bottom <= min(one, other, 0) + 1e-6
    assert top >= max(one, other, 0) - 1e-6
    assert top > bottom


@given(st.lists(figures, min_size=1, max_size=40), st.sampled_from(charts.KINDS))
def test_everything_is_drawn_inside_the_picture(values, kind):
    chart = drawn(labels=[str(n) for n in range(len(values))], series=[Series("a", values)], kind=kind)
    shape = chart.shapes[0]
    for x, y in shape.get("dots", []):
        assert -0.1 <= x <= WIDTH + 0.1 and -0.1 <= y <= HEIGHT + 0.1
    for bar in shape.get("bars", []):
        assert float(bar["y"]) + float(bar["height"]) <= HEIGHT + 0.2
    assert len(chart.ticks) == charts.TICKS + 1
    assert "nan" not in html(chart) and "inf" not in html(chart)


def test_the_table_behind_it_has_every_figure():
    chart = drawn(
        series=[Series("Sold", [Decimal("1.5"), 5, 3]), Series("Refunded", [0, 1, 2])],
        show=lambda value: currencies.exact(Decimal(value), "INR"),
        label_name="Day",
    )
    page = html(chart)
    cells = re.findall(r'<td class="numeric figures">([^<]*)</td>', page)
    assert cells == ["₹1.50", "₹0.00", "₹5.00", "₹1.00", "₹3.00", "₹2.00"]
    assert '<th scope="col">Day</th>' in page
    assert 'aria-label="Revenue: at most ₹5.00 (Tue)."' in page
    assert "<title>Tue\nSold: ₹5.00\nRefunded: ₹1.00</title>" in page


@pytest.mark.parametrize("kind", charts.KINDS)
def test_a_chart_has_no_inline_style_and_escapes_its_words(kind):
    page = html(drawn(title="<b>", labels=["<i>", "b", "c"], kind=kind))
    assert "style=" not in page
    assert "<b>" not in page and "<i>" not in page


def test_series_differ_without_colour():
    page = html(drawn(kind="line", series=[Series(f"s{n}", [1, 2, 3]) for n in range(3)]))
    assert page.count('class="series-0') and page.count('class="series-1') and page.count('class="series-2')
    assert "s2" in page.partition("chart-plot")[0]  # the key names each


def test_few_labels_stand_under_many_points():
    chart = drawn(labels=[str(n) for n in range(90)], series=[Series("a", list(range(90)))])
    assert chart.axis == ["0", "22", "44", "67", "89"]
    bars = drawn(labels=[str(n) for n in range(30)], series=[Series("a", list(range(30)))], kind="bar")
    assert [label for label in bars.axis if label] == ["0", "6", "12", "18", "24"]
    assert len(bars.axis) == 30


def test_nothing_sold_says_so():
    chart = drawn(series=[Series("Sold", [0, 0, 0])])
    assert "Nothing in this time." in html(chart)
    assert [tick["text"] for tick in chart.ticks] == ["", "", "", "", "0"]
    empty = drawn(labels=[], series=[Series("Sold", [])])
    assert "Nothing in this time." in html(empty)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="pie"):
        drawn(kind="pie")


def test_a_spark_needs_two_points():
    assert charts.spark([1]) == ""
    assert charts.spark([0, 1]) == "M0.0 22.0L100.0 2.0"
    assert charts.spark([5, 5, 5]) == "M0.0 22.0L50.0 22.0L100.0 22.0"
