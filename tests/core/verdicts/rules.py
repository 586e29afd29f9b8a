"""Rules of every form, to test with."""

RULES = (
    "value.a == value.b",
    "value.a.b < 3",
    "!value.a",
    "value.a && value.b || value.c",
    "value.all(one, one.a > 0)",
    "value.exists(one, one in value.a)",
    "value.a.contains('x')",
    "value.filter(one, one.b).size() >= 2",
    "{0: true, 3: false}[value.a]",
    "value.a[0].b + value.c == 'x'",
    "double(value.a) / double(value.b) < 0.5",
    "timestamp(value.a) < now",
    "duration(value.a) < now - started",
    "value[value.a] == value",
    "size(value) == size(value.a)",
    "has(value.a) ? value.a : value.b",
    "value.a == baseline",
    "value.map(one, one.a)[0].b == 2",
)
