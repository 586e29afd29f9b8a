"""The shop serves, measures itself, and breaks in the ways that the other tests need."""

from tests.servers.wait import wait_until
from tests.shop.world import World

DAY = 'count_over_time(http_requests_total{route="/catalog",status="200"}[1d])'


def test_prometheus_has_a_day_of_the_shop_and_its_two_rules(shop: World) -> None:
    (history,) = shop.query(DAY)
    assert float(history["value"][1]) > 600  # type: ignore[index]
    assert shop.query('ALERTS{alertstate="firing"}') == []


def test_a_broken_shop_shows_in_its_metrics_and_alerts(shop: World) -> None:
    try:
        shop.fail()
        wait_until(lambda: shop.query('ALERTS{alertname="ShopErrorShareHigh",alertstate="firing"}') != [], "the alert")
    finally:
        shop.heal()
