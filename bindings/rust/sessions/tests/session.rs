//! Sessions on every backend, values of every kind, and handles that go in any order.

mod support;

use serde::{Deserialize, Serialize};
use sessions::{Backend, Category, CommitMode, Config, Manager, Origin, Outcome, SameSite, Status, ValueType};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;
use support::{config, cookie_of, manager, Directory, Redis};

fn visit(url: &str) {
    let manager = manager(url);
    let mut session = manager.load("").unwrap();
    assert_eq!(session.origin(), Origin::NEW);
    let visits = session.get::<i64>("visits").unwrap();
    assert_eq!(visits, None);
    session.set("visits", visits.unwrap_or(0) + 1).unwrap();
    session.set("name", "Ada").unwrap();
    assert_eq!(session.commit().unwrap().len(), 1);
    assert_eq!(session.outcome(), Outcome::CREATED);
    assert!(session.must_not_be_cached() && !session.varies_by_cookie());

    let mut session = manager.load(cookie_of(&session)).unwrap();
    assert_eq!(session.origin(), Origin::RESTORED);
    assert_eq!(session.get::<&str>("name").unwrap(), Some("Ada"));
    assert_eq!(session.increment("visits", 1).unwrap(), 2);
    assert_eq!(session.keys().collect::<Vec<_>>(), ["visits", "name"]);
    session.regenerate().unwrap();
    let cookie = cookie_of(&session);

    let mut session = manager.load(cookie).unwrap();
    assert_eq!(session.to_json().unwrap(), r#"{"visits":2,"name":"Ada"}"#, "{url}");
    let lines: Vec<_> = session.destroy().unwrap().collect();
    assert!(lines[0].contains("Max-Age=0"), "{lines:?}");
    assert!(session.is_empty());
    manager.ping().unwrap();
}

#[test]
fn every_backend() {
    let directory = Directory::new();
    let redis = Redis::start();
    let database = format!("sqlite:{}", directory.0.join("s.db").display());
    for url in ["cookie:", "signed-cookie:", "memory:", &database, &redis.url()] {
        visit(url);
    }
}

#[test]
fn an_outage_is_of_the_environment() {
    let mut redis = Redis::start();
    let manager = manager(&redis.url());
    let mut session = manager.load("").unwrap();
    session.set("a", 1).unwrap();
    redis.kill();
    let error = session.commit().map(drop).unwrap_err();
    assert_eq!(error.category(), Category::Environment, "{error:?}");
    assert!(!error.message().is_empty());
    assert_eq!(session.get::<i32>("a").unwrap(), Some(1));
    assert_eq!(session.cookie_lines().len(), 0);
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct User {
    name: String,
    tags: Vec<u8>,
    parent: Option<Box<User>>,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
enum Theme {
    Dark,
    Custom(u32, u32),
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Id(i64);

#[track_caller]
fn round_trip<T>(value: T, json: &str)
where
    T: Serialize + for<'a> Deserialize<'a> + PartialEq + std::fmt::Debug,
{
    let mut session = manager("memory:").new_session().unwrap();
    session.set("key", &value).unwrap();
    assert_eq!(session.get_json("key").unwrap(), Some(json));
    assert_eq!(session.get::<T>("key").unwrap(), Some(value));
}

#[test]
fn values_of_every_kind() {
    round_trip(i64::MIN, "-9223372036854775808");
    round_trip(u64::MAX, "18446744073709551615");
    round_trip(u128::MAX, "340282366920938463463374607431768211455");
    round_trip(-128i8, "-128");
    round_trip(0.1f64, "0.1");
    round_trip(0.1f32, "0.1");
    round_trip(true, "true");
    round_trip('é', "\"é\"");
    round_trip("a\0b\"".to_owned(), r#""a\u0000b\"""#);
    round_trip(None::<i64>, "null");
    round_trip(Some(7u8), "7");
    round_trip((), "null");
    round_trip(Id(5), "5");
    round_trip(Theme::Dark, "\"Dark\"");
    round_trip(Theme::Custom(1, 2), r#"{"Custom":[1,2]}"#);
    round_trip(vec![1, 2], "[1,2]");
    round_trip((1, "x".to_owned()), r#"[1,"x"]"#);
    round_trip(BTreeMap::from([("a".to_owned(), 1)]), r#"{"a":1}"#);
    let child = User { name: "b".into(), tags: vec![], parent: None };
    let user = User { name: "a".into(), tags: vec![1], parent: Some(Box::new(child)) };
    round_trip(user, r#"{"name":"a","tags":[1],"parent":{"name":"b","tags":[],"parent":null}}"#);
    round_trip(serde_json::json!({"a": [1, 2.5, null]}), r#"{"a":[1,2.5,null]}"#);
}

/// Refuses to be serialized, at once or within a structure, and says what it is.
struct Refuses(&'static str);

impl Serialize for Refuses {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(format!("{} is refused", self.0)))
    }
}

#[test]
fn what_a_serialize_says_is_in_no_error() {
    let mut session = manager("memory:").new_session().unwrap();
    let errors = [
        session.set("key", Refuses("secret content")).unwrap_err(),
        session.set("key", [Refuses("secret content")]).unwrap_err(),
        session.set("key", BTreeMap::from([(vec![1], "secret content")])).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.status(), Status::INVALID);
        assert!(error.message().contains("Serialize"), "{error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        assert!(std::error::Error::source(&error).is_none());
    }
    assert!(session.is_empty());
}

#[test]
fn nothing_is_lost_in_conversion() {
    let mut session = manager("memory:").new_session().unwrap();
    session.set_json("large", "9007199254740993").unwrap();
    session.set("text", "secret content").unwrap();
    session.set("small", 300).unwrap();
    session.set_json("fraction", "1.5").unwrap();
    session.set_json("huge", "18446744073709551616").unwrap();
    let status = |result: sessions::Result<()>| result.unwrap_err().status();
    assert_eq!(status(session.get::<f64>("large").map(drop)), Status::RANGE);
    assert_eq!(status(session.get::<u8>("small").map(drop)), Status::RANGE);
    assert_eq!(status(session.get::<i64>("huge").map(drop)), Status::RANGE);
    assert_eq!(status(session.get::<i64>("text").map(drop)), Status::TYPE);
    assert_eq!(status(session.get::<char>("text").map(drop)), Status::TYPE);
    assert_eq!(status(session.get::<bool>("small").map(drop)), Status::TYPE);
    assert_eq!(session.value_type("huge").unwrap(), Some(ValueType::NUMBER));
    for error in [
        session.get::<Vec<i32>>("text").unwrap_err(),
        session.get::<User>("text").unwrap_err(),
        session.get::<Theme>("text").unwrap_err(),
        session.get::<char>("text").unwrap_err(),
    ] {
        assert_eq!(error.status(), Status::TYPE);
        assert!(!error.message().contains("secret"), "{error}");
    }
    assert_eq!(status(session.set("nan", f64::NAN)), Status::INVALID);
    assert_eq!(status(session.set("nan", f32::INFINITY)), Status::INVALID);
    assert_eq!(status(session.set("nan", vec![Some(1.0), None, Some(f64::NAN)])), Status::INVALID);
    assert_eq!(status(session.set("nan", BTreeMap::from([("a", (1, f32::NEG_INFINITY))]))), Status::INVALID);
    session.set("null", vec![Some(1.0), None]).unwrap();
    session.set_json("no f32", "16777217").unwrap();
    session.set_json("large for f32", "1e39").unwrap();
    session.set_json("small for f32", "1e-46").unwrap();
    for key in ["no f32", "large for f32", "small for f32"] {
        assert_eq!(status(session.get::<f32>(key).map(drop)), Status::RANGE);
        session.get::<f64>(key).unwrap();
    }
    session.set("largest f32", f32::MAX).unwrap();
    assert_eq!(session.get::<f32>("largest f32").unwrap(), Some(f32::MAX));
    session.set_json("zero", "0.0e5").unwrap();
    assert_eq!(session.get::<f32>("zero").unwrap(), Some(0.0));
    assert_eq!(status(session.get::<f32>("text").map(drop)), Status::TYPE);
    assert_eq!(status(session.set_json("bad", "{")), Status::INVALID);
    assert_eq!(status(session.set("bad", BTreeMap::from([((1, 2), 3)]))), Status::INVALID);
    assert!(!session.contains("nan").unwrap() && !session.contains("bad").unwrap());
    assert_eq!(session.get::<Option<i64>>("nowhere").unwrap(), None);
    assert_eq!(session.get::<User>("nowhere").unwrap(), None);
    assert_eq!(session.value_type("nowhere").unwrap(), None);
}

#[test]
fn taking_removing_and_replacing() {
    let mut session = manager("memory:").new_session().unwrap();
    session.set("flash", "once").unwrap();
    assert_eq!(session.take::<i64>("flash").unwrap_err().status(), Status::TYPE);
    assert_eq!(session.take::<String>("flash").unwrap().as_deref(), Some("once"));
    assert_eq!(session.take::<String>("flash").unwrap(), None);
    assert!(!session.remove("flash").unwrap());
    session.replace_with_json(r#"{"a":1,"":2,"\u0000":3}"#).unwrap();
    assert_eq!(session.keys().collect::<Vec<_>>(), ["a", "", "\0"]);
    assert_eq!(session.keys().len(), 3);
    assert_eq!(session.get::<i64>("\0").unwrap(), Some(3));
    assert!(session.remove("").unwrap());
    session.clear().unwrap();
    assert!(session.is_empty());
    assert_eq!(session.replace_with_json("[]").unwrap_err().status(), Status::INVALID);
}

#[test]
fn parallel_requests() {
    let manager = manager("memory:");
    let mut first = manager.load("").unwrap();
    first.set("a", 1).unwrap();
    first.commit().unwrap();
    let cookie = cookie_of(&first);
    let (mut one, mut two) = (manager.load(&cookie).unwrap(), manager.load(&cookie).unwrap());
    one.set("a", 2).unwrap();
    two.set("a", 3).unwrap();
    one.commit().unwrap();
    two.commit().unwrap();
    assert_eq!(two.outcome(), Outcome::MERGED);
    assert_eq!(two.contested_keys().collect::<Vec<_>>(), ["a"]);

    let (mut one, mut two) = (manager.load(&cookie).unwrap(), manager.load(&cookie).unwrap());
    two.set_commit_mode(CommitMode::STRICT).unwrap();
    one.set("a", 4).unwrap();
    let seen = two.get::<i64>("a").unwrap().unwrap();
    two.set("b", seen).unwrap();
    one.commit().unwrap();
    two.commit().unwrap();
    assert_eq!(two.outcome(), Outcome::CONFLICT);
    assert!(!two.is_degraded());

    two.set_commit_mode(CommitMode::MERGE).unwrap();
    two.require_unchanged("a").unwrap();
    two.set("b", 1).unwrap();
    one.set("a", 5).unwrap();
    one.commit().unwrap();
    two.commit().unwrap();
    assert_eq!(two.outcome(), Outcome::CONFLICT);
    assert_eq!(two.contested_keys().collect::<Vec<_>>(), ["a"]);
    two.clear().unwrap();
    assert_eq!(two.require_unchanged("a").unwrap_err().status(), Status::MISUSE);
    assert_eq!(manager.statistics().unwrap().sessions, 1);
}

#[test]
fn lifetimes_and_sweeping() {
    let (mut config, now) = config();
    config.set_lifetime(Duration::from_secs(60)).unwrap();
    let manager = Manager::new(&Backend::open("memory:").unwrap(), &config).unwrap();
    let mut session = manager.load("").unwrap();
    session.set("a", 1).unwrap();
    session.commit().unwrap();
    now.fetch_add(61, Ordering::Relaxed);
    let cookie = cookie_of(&session);
    assert_ne!(manager.load(&cookie).unwrap().origin(), Origin::RESTORED);
    assert!(manager.sweep(10).unwrap() <= 1);
    assert_eq!(manager.sweep(0).unwrap_err().status(), Status::INVALID);
}

#[test]
fn a_forged_cookie_is_no_error() {
    let manager = manager("signed-cookie:");
    let mut session = manager.load("").unwrap();
    session.set("a", 1).unwrap();
    session.commit().unwrap();
    let forged = cookie_of(&session).replacen("session=e", "session=f", 1);
    assert_eq!(manager.load(forged).unwrap().origin(), Origin::REFUSED_SIGNATURE);
    assert_eq!(manager.load(b"session=\xff\xfe").unwrap().origin(), Origin::REFUSED_MALFORMED);
    assert_eq!(manager.load_value("x").unwrap().origin(), Origin::REFUSED_MALFORMED);
    let mut session = manager.new_session().unwrap();
    session.set_timeout(Duration::from_secs(1)).unwrap();
    session.load("").unwrap();
    assert_eq!(session.load("").unwrap_err().status(), Status::MISUSE);
}

#[test]
fn a_cookie_that_is_too_large_is_refused() {
    let mut session = manager("signed-cookie:").new_session().unwrap();
    session.set("a", "x".repeat(5000)).unwrap();
    assert_eq!(session.commit().map(drop).unwrap_err().status(), Status::LIMIT);
    assert_eq!(session.set("b", "x".repeat(70_000)).unwrap_err().status(), Status::LIMIT);
}

#[test]
fn configs_refuse_what_contradicts() {
    let mut config = Config::new().unwrap();
    for error in [
        config.set_cookie_domain("example.org").map(drop).unwrap_err(),
        config.set_cookie_name("a b").map(drop).unwrap_err(),
        config.set_cookie_path("x").map(drop).unwrap_err(),
        config.set_secure(false).map(drop).unwrap_err(),
        config.set_lifetime(Duration::MAX).map(drop).unwrap_err(),
        config.set_timeout(Duration::ZERO).map(drop).unwrap_err(),
        config.set_max_content_bytes(1).map(drop).unwrap_err(),
        config.add_key("").map(drop).unwrap_err(),
        config.set_store_credentials("user", "").map(drop).unwrap_err(),
    ] {
        assert_eq!(error.status(), Status::INVALID, "{error}");
    }
    config.set_cookie_name("id").unwrap().set_same_site(SameSite::STRICT).unwrap();
    config.set_cookie_domain("example.org").unwrap().set_cookie_path("/app").unwrap();
    config.set_http_only(false).unwrap().set_persistent(false).unwrap().set_partitioned(true).unwrap();
    config.set_renew_after(None).unwrap().set_renew_after(Some(Duration::from_secs(1))).unwrap();
    let manager = Manager::new(&Backend::open("cookie:").unwrap(), &config).unwrap();
    let mut session = manager.load("").unwrap();
    session.set("a", 1).unwrap();
    let line = session.commit().unwrap().next().unwrap().to_owned();
    assert_eq!(line, "id=eyJhIjogMX0=; Domain=example.org; Path=/app; Secure; SameSite=Strict; Partitioned");
}

#[test]
fn backends_that_cannot_be() {
    let status = |url: &str| Backend::open(url).unwrap_err().status();
    assert_eq!(status("nonsense:"), Status::UNSUPPORTED);
    assert_eq!(status("memory:?x=1"), Status::INVALID);
    assert_eq!(status(""), Status::INVALID);
    let (config, _) = config();
    let mut with_credentials = Config::new().unwrap();
    with_credentials.set_store_credentials("", "password").unwrap();
    assert!(Backend::open_configured("memory:", &config).is_ok());
    assert_eq!(Backend::open_configured("memory:", &with_credentials).unwrap_err().status(), Status::INVALID);
    let no_key = Manager::new(&Backend::open("signed-cookie:").unwrap(), &Config::new().unwrap());
    assert_eq!(no_key.unwrap_err().status(), Status::INVALID);
}

#[test]
fn handles_go_in_any_order() {
    for order in 0..24 {
        let (config, _) = config();
        let backend = Backend::open("memory:").unwrap();
        let manager = Manager::new(&backend, &config).unwrap();
        let mut session = manager.load("").unwrap();
        session.set("a", 1).unwrap();
        let mut parents: Vec<Box<dyn std::any::Any>> = vec![Box::new(config), Box::new(backend), Box::new(manager)];
        let (first, second, session_place) = (order % 3, order / 3 % 2, order / 6);
        parents.swap(0, first);
        parents.swap(1, 1 + second);
        let mut session = Some(session);
        for (place, parent) in parents.into_iter().enumerate() {
            if place == session_place {
                session = None;
            }
            drop(parent);
        }
        if let Some(mut session) = session {
            session.commit().unwrap();
            assert_eq!(session.get::<i64>("a").unwrap(), Some(1));
        }
    }
}

#[test]
fn sessions_move_and_managers_are_shared() {
    let manager = manager("memory:");
    let mut session = manager.load("").unwrap();
    session.set("count", 0).unwrap();
    session.commit().unwrap();
    let cookie = cookie_of(&session);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let mut session = manager.load(&cookie).unwrap();
                    session.increment("count", 1).unwrap();
                    session.commit().unwrap();
                }
            });
        }
        scope.spawn(move || session.get::<i64>("count").unwrap());
    });
    assert_eq!(manager.load(&cookie).unwrap().get::<i64>("count").unwrap(), Some(200));
}

/// Compiles only for what has the trait, and for what has not only if nobody answers twice.
macro_rules! assert_not {
    ($type:ty: $trait:path) => {
        const _: fn() = || {
            trait Ambiguous<A> {
                fn ask() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            struct Has;
            impl<T: ?Sized + $trait> Ambiguous<Has> for T {}
            let _ = <$type as Ambiguous<_>>::ask;
        };
    };
}

const fn is_shared<T: Send + Sync>() {}
const fn is_moved<T: Send>() {}
const _: () = {
    is_shared::<Backend>();
    is_shared::<Manager>();
    is_shared::<sessions::Error>();
    is_moved::<Config>();
    is_moved::<sessions::Session>();
};
assert_not!(Config: Sync);
assert_not!(sessions::Session: Sync);
assert_not!(sessions::Session: Clone);
assert_not!(sessions::Keys<'static>: Send);

#[test]
fn statuses() {
    assert_eq!(Status::LIMIT.name(), "SESSIONS_E_LIMIT");
    assert_eq!(format!("{:?}", Status::LIMIT), "SESSIONS_E_LIMIT(-106)");
    assert_eq!(Status::UNAVAILABLE.category(), Category::Environment);
    assert_eq!(Status::CORRUPT.category(), Category::StoredData);
    assert_eq!(Status::from(Status::LIMIT.as_i32()), Status::LIMIT);
    let unknown = Status::from(-599);
    assert_eq!((unknown.as_i32(), unknown.category(), unknown.name()), (-599, Category::Callback, "SESSIONS_E_?"));
    assert_eq!(format!("{:?}", Origin::RESTORED), "RESTORED");
    assert!(!Status::INTERNAL.message().is_empty());
    assert_eq!(sessions::version(), env!("CARGO_PKG_VERSION"));
}
