"""Numbers as text: ages, numbers with their unit, times relative to the planned start."""

import math

from mmcockpit.core.text import plain


def age(seconds: float) -> str:
    """Return an age in at most four cells: `3s`, `2m`, `1h04`, `12h`, `3d`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m"
    if whole < 36_000:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}"
    return f"{whole // 3600}h" if whole < 172_800 else f"{whole // 86_400}d"


def offset(seconds: float, with_seconds: bool = True) -> str:
    """Return a time relative to the planned start: `T+00:12:31`, `T-1d 02:00:00`."""
    sign, whole = ("-" if seconds < 0 else "+"), abs(int(seconds))
    days, rest = divmod(whole, 86_400)
    clock = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}" + (f":{rest % 60:02d}" if with_seconds else "")
    return f"T{sign}{days}d {clock}" if days else f"T{sign}{clock}"


def digits(value: float, places: int = 3) -> str:
    """Return a number with up to `places` significant digits, more only before the point; no exponent below 1e15."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if abs(value) >= 10 ** (places - 1):
        return f"{value:.0f}" if abs(value) < 1e15 else f"{value:.2e}"
    if abs(value) < 1e-6:
        return "0"
    shown = f"{value:.{places}g}"
    if "e" in shown:
        shown = f"{value:.6f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def number(value: float, unit: str = "", saturates_at: float | None = None) -> str:
    """Return a value with its unit: `6.1 %`, `212 ms`, `1.2 GiB`, `>=5000 ms`."""
    if not math.isfinite(value):
        return "?"
    prefix = ">=" if saturates_at is not None and value >= saturates_at else ""
    match unit:
        case "ratio":
            return f"{prefix}{_percent(value)} %"
        case "bytes" | "B":
            return prefix + _bytes(value)
        case "s" | "seconds" if abs(value) >= 120:
            return prefix + age(value)
        case "":
            return prefix + digits(value)
    return f"{prefix}{digits(value)} {plain(unit, 20)}"


def speed_words(speed: float) -> str:
    """Return a speed as text: `1/4x`, `1x`, `64x`."""
    return f"1/{1 / speed:.0f}x" if speed < 1 else f"{speed:.0f}x"


def _percent(value: float) -> str:
    percent = value * 100
    return f"{percent:.2f}".rstrip("0").rstrip(".") if abs(percent) < 1 else f"{percent:.1f}".removesuffix(".0")


def _bytes(value: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{digits(value)} {unit}"
        value /= 1024
    return f"{digits(value)} TiB"
