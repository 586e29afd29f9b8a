"""How the client library's requests are sent: long queries go by POST, which has no limit of a request line."""

from typing import Any

import requests

from mmcockpit.core.model.reading import ProbeError

LONGEST_QUERY = 2_000
"""Characters of a query that still goes by GET, which every gateway lets through."""
TOO_LONG = (414, 431)
"""HTTP statuses that refuse an address for its length."""


class AddressTooLong(ProbeError):
    """The server takes no address of this length."""


class QuerySession(requests.Session):
    """A session whose long queries are sent as a form; the library would put even a POST's fields into the address."""

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send one request; its `params` go into the address, or by POST into a form where they are too long."""
        fields = options.pop("params", None) or {}
        if len(str(fields.get("query", ""))) <= LONGEST_QUERY:
            try:
                return super().request(method, url, params=fields, **options)
            except AddressTooLong:
                pass
        return super().request("POST", url, data=fields, **options)
