"""Tables of HTML and of office documents: items with their lines, merged cells, boxes and links."""

import pytest

from mmcockpit.config.markdown.reader import read_markdown
from tests.config.markdown.reading import imported, items, titles
from tests.cpu import loops

HTML = """\
# T
<div class="wrap">
<table>
  <tr><th>Area</th><th>Task</th><th>Owner</th><th>Status</th></tr>
  <tr>
    <td rowspan="2">Net</td>
    <td>Switch <a href="https://example.com/dns">the DNS</a> &amp; wait</td><td>ops</td><td>&#9744;</td>
  </tr>
  <tr><td><input type="checkbox" checked> Look</td><td></td><td>done</td></tr>
  <tr><td>Data</td><td><ul><li>[ ] copy</li><li>[ ] compare</li></ul></td><td>dba</td></tr>
</table>
</div>

- [ ] after
"""


def test_a_table_of_html_is_one_with_its_lines_and_merged_cells() -> None:
    result = imported(HTML)
    assert titles(result) == {
        "T / T": ["Switch the DNS & wait", "Look", "Data: copy", "Data: compare", "after"],
    }
    first, second, third, *_ = result.checklist.items
    assert (first.role, first.links, first.text) == ("ops", ("https://example.com/dns",), "Area: Net")
    assert (second.text, third.role) == ("Area: Net", "dba")
    assert list(result.lines.values()) == [5, 9, 10, 10, 14]
    assert [(note.line, note.lost) for note in result.notes] == [(9, False)]


BORDERED = """\
# T
Some words.

+-----+------------------+-------+
| No. | Task             | Owner |
+=====+==================+=======+
| 1   | Move the racks\\ | ops   |
|     | to hall B        |       |
+-----+------------------+-------+
| 2   | - [ ] Plug in    | bo    |
|     | - [ ] Look       |       |
+-----+------------------+-------+

  Check          Owner     Status
  -------------- --------- --------
  It is green    ops       open
  It has run               done

After.
"""


def test_tables_with_borders_and_with_columns_under_dashes_are_read() -> None:
    result = imported(BORDERED)
    assert [(item.title, item.role) for item in result.checklist.items] == [
        ("Move the racks to hall B", "ops"),
        ("Plug in", "bo"),
        ("Look", "bo"),
        ("It is green", "ops"),
        ("It has run", ""),
    ]
    assert list(result.lines.values()) == [7, 10, 10, 16, 17]
    assert [note.line for note in result.lost] == [2, 19]


@pytest.mark.parametrize(
    "text",
    [
        "some words\n--- ---\nmore\n",
        "<table><tr><td>a</td></tr></table>\n",
        "<table>\n<tr><td>never closed\n",
        "+----+\n| one |\n+----+\n",
        "```\n+----+----+\n| Item | b |\n+====+====+\n| x | y |\n+----+----+\n```\n",
        "\ue0107\n",
    ],
)
def test_what_only_looks_like_a_table_is_no_item_and_is_noted(text: str) -> None:
    result = imported(f"- [ ] first\n\nEnd.\n\n{text}")
    assert [item.title for item in result.checklist.items] == ["first"]
    assert max(note.line for note in result.lost) >= 5


def test_a_table_after_text_without_an_empty_line_is_read() -> None:
    (item,) = items(
        "# T\n\n**Before:**\n<table>\n<tr><th>Item</th><th>Owner</th></tr>\n<tr><td>a</td><td>ops</td></tr>\n</table>\n"
    )
    assert (item.title, item.role) == ("a", "ops")


def test_cells_without_a_header_are_kept() -> None:
    (item,) = items(
        "<table>\n<tr><th>Item</th><th>Owner</th></tr>\n<tr><td>a</td><td>ops</td><td>late</td></tr>\n</table>\n"
    )
    assert (item.role, item.text) == ("ops", "Note: late")


@pytest.mark.parametrize("line", ["<table>", "+---+---+", "a\n--- ---", "<table>\n<tr>", "<table>\n</table>\n"])
def test_many_beginnings_of_tables_are_read_in_a_time_in_proportion(line: str) -> None:
    text = "- [ ] a\n\n" + f"{line}\n" * 6_000

    def work() -> None:
        assert len(list(read_markdown(text, "list.md").checklist.items)) == 1

    assert loops(work, 90) <= 90
