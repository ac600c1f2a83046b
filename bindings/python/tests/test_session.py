"""The mapping, its values, and the ends of a session."""

import inspect
import pickle
import re
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import sessions
from sessions.errors import make_error

KEY = "0123456789abcdef0123456789abcdef"


def manager(url: str = "signed-cookie:", **settings: Any) -> sessions.Manager:
    return sessions.Manager(sessions.Backend(url), sessions.Config(keys=[KEY], plain_http=True, **settings))


def cookie_of(session: sessions.Session) -> str:
    return session.cookie_lines[0].split(";")[0]


@pytest.mark.parametrize("url", ["signed-cookie:", "cookie:", "memory:"])
@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -(2**63),
        2**64 - 1,
        2**64,
        10**40,
        0.1,
        1e300,
        -0.0,
        "",
        "é\0",
        [],
        {"a": [1, {"b": None}]},
    ],
)
def test_value_survives(url: str, value: Any) -> None:
    with manager(url) as one:
        with one.load(None) as session:
            session["key"] = value
            assert session.commit() == sessions.Outcome.CREATED
            cookie = cookie_of(session)
        with one.load(cookie) as session:
            assert session.origin == sessions.Origin.RESTORED
            assert session["key"] == value and type(session["key"]) is type(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("nan")], "\ud800", ["\ud800"], object(), {1, 2}])
def test_what_is_no_json_is_refused(value: Any) -> None:
    with manager().load(None) as session:
        with pytest.raises(sessions.CallerError) as caught:
            session["key"] = value
        assert caught.value.name == "SESSIONS_E_INVALID"
        assert re.match("The (value|text) ", str(caught.value))
        assert "key" not in session


@pytest.mark.parametrize("value", [b"", {1, 2}, [object()], {"a": datetime.now()}, {(1, 2): 3}])
def test_what_has_a_type_that_is_no_json_is_a_type_error_too(value: Any) -> None:
    with manager().load(None) as session:
        with pytest.raises(TypeError) as caught:
            session["key"] = value
        assert isinstance(caught.value, sessions.CallerError) and caught.value.name == "SESSIONS_E_INVALID"
        with pytest.raises(sessions.CallerError) as other:
            session["key"] = float("nan")
        assert not isinstance(other.value, TypeError)


@pytest.mark.parametrize("number", ["1e999", "1e-999"])
def test_number_that_no_float_holds_is_refused(number: str) -> None:
    with manager().load(None) as session:
        session.from_json('{"key": %s}' % number)  # noqa: UP031
        with pytest.raises(sessions.CallerError):
            session["key"]


def test_nested_change_is_noticed() -> None:
    one = manager("memory:")
    with one.load(None) as session:
        session["a"] = {"b": [1]}
        session["a"]["b"].append(2)
        session.commit()
        cookie = cookie_of(session)
    with one.load(cookie) as session:
        session["a"]["b"].append(3)
        assert session.commit() == sessions.Outcome.SAVED
    with one.load(cookie) as session:
        assert session["a"] == {"b": [1, 2, 3]}
        assert session.commit() == sessions.Outcome.UNCHANGED


@pytest.mark.parametrize("others", ["append", "remove"])
def test_regenerating_takes_no_nested_change_back(others: str) -> None:
    one = manager("memory:")
    with one.load(None) as session:
        session["cart"], session["own"] = ["a"], []
        session.commit()
        cookie = cookie_of(session)
    with one.load(cookie) as session, one.load(cookie) as other:
        own = session["own"]
        assert session["cart"] == ["a"]
        if others == "append":
            other["cart"].append("b")
        else:
            del other["cart"]
        other.commit()
        assert session.regenerate() == sessions.Outcome.REGENERATED
        own.append(1)
        assert session.commit() == sessions.Outcome.SAVED
        assert session.get("cart") == (["a", "b"] if others == "append" else None)
        assert session["own"] == [1]


def test_is_a_mutable_mapping() -> None:
    with manager("memory:").load() as session:
        session.update({"a": 1, "b": [2]})
        assert list(session) == ["a", "b"] and len(session) == 2 and session == {"a": 1, "b": [2]}
        assert session.pop("b") == [2] and session.pop("b", 5) == 5
        with pytest.raises(KeyError):
            del session["b"]
        with pytest.raises(KeyError):
            session["b"]
        assert session.increment("a", 4) == 5
        session.update({"b": 1, "c": [2]})
        assert session.popitem() == ("c", [2]) and session.popitem() == ("b", 1) and list(session) == ["a"]
        session.clear()
        assert not session
        with pytest.raises(KeyError):
            session.popitem()


def test_get() -> None:
    session: Any = manager().new()
    session["a"], session["b"], session["none"] = 1, ["x"], None
    other = object()
    assert session.get("a") == session.get("a", 2) == session.get(key="a") == session.get(default=2, key="a") == 1
    assert session.get("b", other) is session["b"] and session.get("none", other) is None
    assert session.get("c") is None and session.get(key="c") is None
    assert session.get("c", other) is other and session.get("c", default=other) is other
    wrong: list[Any] = [(), ("a", 1, 2)]
    for positional in wrong:
        with pytest.raises(TypeError):
            session.get(*positional)
    named: list[Any] = [{"default": 1}, {"a": 1}, {"key": "a", "other": 1}, {"key": "a", "default": 1, "other": 1}]
    for names in named:
        with pytest.raises(TypeError):
            session.get(**names)
    for names in ({"key": "a"}, {"other": 1}):
        with pytest.raises(TypeError):
            session.get("a", **names)
    with pytest.raises(TypeError):
        session.get(7, other)
    with pytest.raises(sessions.CallerError, match="surrogate"):
        session.get("\ud800", other)
    with pytest.raises(KeyError, match="c"):
        session["c"]
    assert str(inspect.signature(session.get)) == "(key, default=None)"


def test_get_leaves_no_references() -> None:
    session, other = manager().new(), object()
    before = sys.getrefcount(other)
    for _ in range(100):
        session.get("a", other)
    assert sys.getrefcount(other) == before


def test_closed_is_refused() -> None:
    one = manager("memory:")
    session = one.load()
    session.close()
    session.close()
    one.close()
    for use in (lambda: session["a"], session.commit, lambda: one.load()):
        with pytest.raises(sessions.CallerError) as caught:
            use()
        assert caught.value.name == "SESSIONS_E_MISUSE"


def test_failure_of_a_callback_is_the_cause() -> None:
    def random(size: int) -> bytes:
        raise ArithmeticError(size)

    with manager("memory:", random=random).load() as session:
        session["a"] = 1
        with pytest.raises(sessions.CallbackError) as caught:
            session.commit()
        assert isinstance(caught.value.__cause__, ArithmeticError)


def test_callback_cannot_use_the_session_that_calls_it() -> None:
    caught: list[BaseException] = []

    def random(size: int) -> bytes:
        try:
            session["b"] = 2
        except sessions.CallerError as error:
            caught.append(error)
        return bytes(size)

    session = manager("memory:", random=random).load()
    session["a"] = 1
    session.commit()
    assert len(caught) > 0


class Store:
    def __init__(self) -> None:
        self.blobs: dict[bytes, tuple[bytes, int]] = {}

    def get(self, key: bytes, /) -> tuple[bytes, int] | None:
        return self.blobs.get(key)

    def put_if_version(
        self, key: bytes, blob: bytes, expected: int, version: int, expires: int, now: int, ended: bool, /
    ) -> bool:
        if self.blobs.get(key, (b"", 0))[1] != expected:
            return False
        self.blobs[key] = (blob, version)
        return True

    def delete(self, key: bytes, expected: int, /) -> bool:
        if self.blobs.get(key, (b"", 0))[1] != expected:
            return False
        del self.blobs[key]
        return True


def test_custom_store() -> None:
    one = sessions.Manager(sessions.Backend.custom(Store()), sessions.Config(plain_http=True))
    with one.load() as session:
        session["a"] = 1
        session.commit()
        cookie = cookie_of(session)
    with one.load(cookie) as session:
        assert session["a"] == 1
        assert session.destroy() == sessions.Outcome.DESTROYED
    assert one.load(cookie).origin == sessions.Origin.REFUSED_UNKNOWN


class ChangingStore(Store):
    """Makes each change in one step."""

    def __init__(self) -> None:
        super().__init__()
        self.changes = 0
        self.decide: Callable[[tuple[bytes, int] | None], list[tuple[bytes, bytes, int, int, int, int, bool]]] | None
        self.error: Exception | None = None
        self.found: object = self

    def change(
        self,
        key: bytes,
        decide: Callable[[tuple[bytes, int] | None], list[tuple[bytes, bytes, int, int, int, int, bool]]],
        /,
    ) -> bool:
        self.changes += 1
        self.decide = decide
        if self.error:
            raise self.error
        if self.found is not self:
            decide(self.found)  # type: ignore[arg-type]
        return all(self.put_if_version(*write) for write in decide(self.blobs.get(key)))


def test_custom_store_that_changes_in_one_step() -> None:
    store = ChangingStore()
    one = sessions.Manager(sessions.Backend.custom(store), sessions.Config(plain_http=True))
    with one.load() as session:
        session["a"] = 1
        session.commit()
        cookie = cookie_of(session)
    with one.load(cookie) as session, one.load(cookie) as late:
        session["a"] = 2
        assert session.commit() == sessions.Outcome.SAVED
        session.regenerate()
        assert store.changes == 2 and len(store.blobs) == 2
        moved = cookie_of(session)
        late["a"] = 3
        assert late.commit() == sessions.Outcome.GONE
    with one.load(moved) as session:
        assert session["a"] == 2
        session["a"] = 4
        store.error = OSError("gone")
        with pytest.raises(sessions.CallbackError) as caught:
            session.commit()
        assert caught.value.__cause__ is store.error
        store.error = None
        for found in (1, (b"", "x"), (b"",), "ab"):
            store.found = found
            with pytest.raises(sessions.CallbackError) as caught:
                session.commit()
            assert isinstance(caught.value.__cause__, TypeError)
        store.found = None  # it may be asked again: the last time counts
        assert session.commit() == sessions.Outcome.SAVED
        assert session.destroy() == sessions.Outcome.DESTROYED
    assert store.decide is not None
    with pytest.raises(RuntimeError):
        store.decide(None)


def test_exception_of_a_custom_store() -> None:
    class Broken(Store):
        def get(self, key: bytes, /) -> tuple[bytes, int] | None:
            raise OSError("gone")

    one = sessions.Manager(sessions.Backend.custom(Broken()), sessions.Config(plain_http=True))
    with pytest.raises(sessions.CallbackError) as caught:
        one.load("session=" + "A" * 43)
    assert isinstance(caught.value.__cause__, OSError)


def test_a_key_that_is_required_to_be_unchanged() -> None:
    with manager("memory:") as one, one.load(None) as first:
        first["a"] = 1
        first.commit()
        with one.load(cookie_of(first)) as session:
            session.require_unchanged("a")
            session["b"] = 1
            first["a"] = 2
            first.commit()
            assert session.commit() == sessions.Outcome.CONFLICT and session.contested_keys == ["a"]
            assert dict(session) == {"a": 2}
            session.clear()
            with pytest.raises(sessions.CallerError) as caught:
                session.require_unchanged("a")
            assert caught.value.name == "SESSIONS_E_MISUSE"
            with pytest.raises(TypeError):
                session.require_unchanged(1)  # type: ignore[arg-type]


class Vault:
    """Encodes; decoding raises what it was told to."""

    error: BaseException | None = None

    def encode(self, text: str) -> bytes:
        return text.encode()

    def decode(self, data: bytes) -> bytes:
        if self.error:
            raise self.error
        return data


@pytest.mark.parametrize(
    ("error", "status"),
    [(sessions.StoreUnavailableError("the vault is down"), "UNAVAILABLE"), (MemoryError(), "NOMEM")],
)
def test_codec_that_is_down_loses_no_session(error: Exception, status: str) -> None:
    vault = Vault()
    with manager(codec=vault) as one:
        with one.load() as session:
            session["a"] = 1
            session.commit()
            cookie = cookie_of(session)
        vault.error = error
        with pytest.raises(sessions.SessionsError) as caught:
            one.load(cookie)
        assert caught.value.name == f"SESSIONS_E_{status}" and caught.value.__cause__ is error


def test_codec_that_is_told_to_end() -> None:
    vault = Vault()
    with manager(codec=vault) as one, one.load() as session:
        session["a"] = 1
        session.commit()
        vault.error = SystemExit(3)
        with pytest.raises(SystemExit):
            one.load(cookie_of(session))


def test_codec_refuses_several_cookies_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    vault = Vault()
    with manager(codec=vault) as one, one.load() as session:
        session["a"] = 1
        session.commit()
        vault.error = ValueError("no")
        assert one.load("; ".join([cookie_of(session)] * 5)).origin == sessions.Origin.REFUSED_CONTENT
    assert capsys.readouterr().err == ""


CLASSES = {
    -101: sessions.CallerError,
    -201: sessions.StoreUnavailableError,
    -301: sessions.StoredDataError,
    -401: sessions.InternalError,
    -501: sessions.CallbackError,
}


@pytest.mark.parametrize("status", CLASSES)
def test_each_category_has_its_class(status: int) -> None:
    error = make_error(status, "what went wrong")
    assert type(error) is CLASSES[status] and error.status == status and str(error) == "what went wrong"


def test_class_of_what_the_library_says(tmp_path: Path) -> None:
    (tmp_path / "damaged.db").write_bytes(b"no database" * 1000)
    with pytest.raises(sessions.StoredDataError):
        sessions.Backend(f"sqlite:{tmp_path}/damaged.db")
    with pytest.raises(sessions.StoreUnavailableError):
        sessions.Backend(f"sqlite:{tmp_path}/missing/sessions.db")
    with pytest.raises(sessions.CallerError):
        sessions.Backend("sqlite:relative.db")


@pytest.mark.parametrize("error", [sessions.StoreUnavailableError("full", -206), sessions.CallerError("late", -104)])
def test_errors_survive_pickling(error: sessions.SessionsError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.status, again.name) == (type(error), str(error), error.status, error.name)


def test_times_are_in_seconds() -> None:
    with manager("memory:").load() as session:
        for seconds in (0.001, 0.25, 3600):
            sessions.Config(timeout=seconds)
            session.set_timeout(seconds)
        for seconds in (0.0001, 3600.001):
            with pytest.raises(sessions.CallerError):
                sessions.Config(timeout=seconds)
            with pytest.raises(sessions.CallerError):
                session.set_timeout(seconds)
