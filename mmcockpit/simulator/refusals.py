"""Error responses of the application: its error objects, and the 401 for every failed authentication."""

from enum import Enum

from aiohttp import web


class AuthFailure(Enum):
    """Why authentication failed: the intended status, the message, its type and its code."""

    MISSING = (
        401,
        "Missing API key. Please provide a valid API key in the Authorization header.",
        "authentication_error",
        "missing_api_key",
    )
    INVALID = (401, "Invalid API key provided.", "authentication_error", "invalid_api_key")
    MINUTE = (429, "Rate limit exceeded: too many requests per minute", "rate_limit_error", "rate_limit_exceeded")
    HOUR = (429, "Rate limit exceeded: too many requests per hour", "rate_limit_error", "rate_limit_exceeded")


def error(status: int, message: str, kind: str, code: str) -> web.Response:
    """Return an error response in the format of all routes."""
    return web.json_response({"error": {"message": message, "type": kind, "code": code}}, status=status)


def refusal(why: AuthFailure) -> web.Response:
    """Return the response to an unauthenticated request: 401 with one code, the cause only in its message.

    The application converts every error of this stage to a text and returns that as the message of a 401.
    """
    status, message, kind, code = why.value
    meant = {"error": {"message": message, "type": kind, "code": code}}
    return error(401, f"{status}: {meant}", "authentication_error", "invalid_api_key")
