"""Sessions on a Redis server, and where there is none."""

from pathlib import Path

import pytest

import sessions


def test_redis_keeps_what_parallel_requests_change(redis_url: str) -> None:
    manager = sessions.Manager(sessions.Backend(redis_url), sessions.Config(plain_http=True))
    with manager.load() as session:
        session["a"] = {"b": 1}
        session.commit()
        cookie = session.cookie_lines[0].split(";")[0]
    with manager.load(cookie) as one, manager.load(cookie) as other:
        one["one"] = 1
        other["other"] = 2
        assert one.commit() == sessions.Outcome.SAVED
        assert other.commit() == sessions.Outcome.MERGED
        assert dict(other) == {"a": {"b": 1}, "one": 1, "other": 2}
    with manager.load(cookie) as one, manager.load(cookie) as other:
        for session in (one, other):
            session.set_commit_mode(sessions.CommitMode.STRICT)
            session["one"] = session["one"] + 1
        assert one.commit() == sessions.Outcome.SAVED
        assert other.commit() == sessions.Outcome.CONFLICT and other.contested_keys == ["one"]
    with manager.load(cookie) as session, manager.load(cookie) as late:
        session.destroy()
        late["late"] = True
        assert late.commit() == sessions.Outcome.GONE
    assert manager.load(cookie).origin == sessions.Origin.REFUSED_UNKNOWN


def test_redis_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(sessions.StoreUnavailableError):
        sessions.Backend(f"redis+unix://{tmp_path}/nothing")
    with pytest.raises(sessions.CallerError):
        sessions.Backend("redis://localhost?unknown=1")
