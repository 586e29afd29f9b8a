"""HTTP session of the client library: sends long queries by POST, which has no limit of a request line."""

from typing import Any

import requests

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.sources.common.request_limit import take_request

LONGEST_QUERY = 2_000
"""Most characters of a query sent by GET; every gateway accepts that length."""
TOO_LONG = (414, 431)
"""HTTP statuses that refuse a URL for its length."""


class AddressTooLong(ProbeError):
    """The server refused a URL for its length."""


class QuerySession(requests.Session):
    """A session that sends long queries as a form; the library would put even a POST's fields into the URL."""

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send one request; its `params` go into the URL, or by POST into a form if they are too long."""
        fields = options.pop("params", None) or {}
        if len(str(fields.get("query", ""))) <= LONGEST_QUERY:
            try:
                return super().request(method, url, params=fields, **options)
            except AddressTooLong:
                pass
        return super().request("POST", url, data=fields, **options)

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Count and send one request."""
        take_request()
        return super().send(request, **options)
