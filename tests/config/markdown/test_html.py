"""Checklists with HTML between their lines: details, lists, headings, crossed out titles, footnotes and contents."""

import pytest

from tests.config.markdown.reading import imported, items, titles


def test_a_list_directly_after_a_summary_is_one() -> None:
    result = imported(
        """\
        # T

        <details open>
        <summary>Storage &amp; backup</summary>
        - [ ] quota
          - [x] checked
        <details><summary>Tapes</summary>

        1. [ ] labelled

        </details>
        - [ ] off site
        </details>

        - [ ] outside
        """
    )
    assert titles(result) == {
        "T / Storage & backup": ["quota", "quota: checked", "off site"],
        "T / Tapes": ["labelled"],
        "T / T": ["outside"],
    }
    assert list(result.lines.values()) == [5, 6, 12, 9, 15]
    assert result.lost == ()


@pytest.mark.parametrize("before", ["<!-- a\n", "<pre>\n", "<script>\n", "<div> <!-- a\n"])
def test_a_list_in_a_comment_or_code_of_html_has_no_items(before: str) -> None:
    result = imported(f"- [ ] a\n\n{before}- [ ] b\n")
    assert [item.title for item in result.checklist.items] == ["a"]


def test_an_indented_list_after_a_tag_is_one() -> None:
    assert [item.title for item in items("<br/>\n     - [ ] a\n     - [ ] b\n")] == ["a", "b"]


def test_lists_and_headings_of_html_are_read() -> None:
    result = imported(
        """\
        <h1 align="center">Launch</h1>

        <ul>
          <li>[ ] one</li>
          <li class="done"><input type="checkbox" checked> two</li>
          <li>no box</li>
        </ul>

        <h2>Part <em>two</em></h2>

        - [ ] three

        ```
        <h2>code</h2>
        ```
        """
    )
    assert result.checklist.title == "Launch"
    assert titles(result) == {"Launch / Launch": ["one", "two"], "Part two / Part two": ["three"]}
    assert [note.line for note in result.lost] == [6, 13]


def test_titles_that_html_crosses_out_are_reported() -> None:
    result = imported("- [ ] <del>a</del>\n- [ ] <s>b</s> and c\n- [ ] <strike>d</strike>\n")
    assert [item.title for item in result.checklist.items] == ["a", "b and c", "d"]
    assert [(note.line, note.message.split(" ")[0]) for note in result.notes] == [(1, "crossed"), (3, "crossed")]


def test_a_footnote_continues_after_an_empty_line() -> None:
    (item,) = items("- [ ] a[^1]\n\n[^1]: within\n    90 days\n\n    of the launch\n")
    assert item.text == "within 90 days of the launch"


def test_a_footnote_ends_before_other_text() -> None:
    result = imported("- [ ] a[^1]\n\n[^1]: within\n\nmore\n\n    code\n")
    assert [item.text for item in result.checklist.items] == ["within"]
    assert [note.line for note in result.lost] == [5, 7]


@pytest.mark.parametrize(
    "contents",
    ["* [A](#a) - what to do\n* [B](#b): more", "1. [A](#a)\n   - [B](#b) (optional)", "- [A](#a)\n- [B](#b)"],
)
def test_a_list_of_contents_has_no_items(contents: str) -> None:
    result = imported(f"{contents}\n\n# A\n- a\n# B\n- [Backups](#b) of it\n", plain_lists=True)
    assert [item.title for item in result.checklist.items] == ["a", "Backups of it"]
    assert [note.message for note in result.notes] == ["a list of contents, which is no part of the checklist"]


@pytest.mark.parametrize(
    "line",
    ["[//]: # (hidden)", '[comment]: <> "hidden"', "[//]: # 'hidden'", "%% hidden %%"],
)
def test_a_comment_without_html_is_reported_as_one(line: str) -> None:
    result = imported(f"- [ ] a\n\n{line}\n\n- [ ] b\n")
    assert [item.title for item in result.checklist.items] == ["a", "b"]
    assert [(note.message, note.lost) for note in result.notes] == [("comment left out: hidden", True)]


@pytest.mark.parametrize("line", ["[[_TOC_]]", "[TOC]", "{:toc}", "[[toc]]", "@[toc]", "{:toc .no-print}"])
def test_the_place_of_the_contents_is_no_lost_line(line: str) -> None:
    result = imported(f"{line}\n\n- [ ] a\n")
    assert [(note.line, note.lost) for note in result.notes] == [(1, False)]


def test_code_addresses_and_other_lines_are_no_comments() -> None:
    result = imported(
        "- [ ] [a][c]\n\n[c]: https://example.com/1 (name)\n\n```\n[//]: # (code)\n[TOC]\n```\n\n%% text\n"
    )
    assert [item.links for item in result.checklist.items] == [("https://example.com/1",)]
    assert [(note.line, note.last) for note in result.lost] == [(5, 8), (10, 0)]


def test_a_footnote_in_its_place_is_text() -> None:
    first, second = items("- [ ] rotate keys^[within **90** days] now\n- [ ] 2^10 and [b]\n")
    assert (first.title, first.text, second.title) == ("rotate keys now", "within 90 days", "2^10 and [b]")
