"""Compares timelines."""

from mmcockpit.journal.playback.timeline import Timeline


def same(one: Timeline, other: Timeline) -> None:
    """Compare all that two timelines say, at some of all places."""
    assert (one.count, one.first, one.last, one.landmarks) == (other.count, other.first, other.last, other.landmarks)
    for share in (0.0, 0.011, 0.3, 0.47, 0.8, 0.999, 1.0):
        at = one.first.at + (one.last.at - one.first.at) * share
        assert one.session_at(at) == other.session_at(at)
        assert one.seq_at(at) == other.seq_at(at)
        assert one.idle(at, 3.0) == other.idle(at, 3.0)
        seq = one.seq_at(at)
        assert one.at_of(seq) == other.at_of(seq)
        assert list(one.events(seq, at + 20)) == list(other.events(seq, at + 20))
