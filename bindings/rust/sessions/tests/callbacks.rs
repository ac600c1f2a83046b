//! Clocks, random sources, logs, codecs and stores of the host's, well-behaved and not.

mod support;

use sessions::{
    Backend, Blob, Codec, Config, Counted, Decision, LogLevel, Manager, Origin, Put, Status, Store, StoreError,
};
use std::collections::HashMap;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{config, cookie_of};

thread_local! {
    static KEPT: std::cell::RefCell<Option<sessions::Session>> = const { std::cell::RefCell::new(None) };
}

#[test]
fn a_session_that_its_thread_keeps_is_freed_with_it() {
    let (config, _) = config();
    let manager = memory(&config);
    let thread = std::thread::spawn(move || KEPT.with_borrow_mut(|kept| *kept = manager.load("").ok()));
    thread.join().unwrap();
}

/// The message of the panic that `work` ends with.
fn panic_of(work: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(work)).expect_err("it panics");
    payload.downcast_ref::<&str>().map_or_else(String::new, ToString::to_string)
}

fn memory(config: &Config) -> Manager {
    Manager::new(&Backend::open("memory:").unwrap(), config).unwrap()
}

#[test]
fn a_fixed_clock_and_random_source_make_the_same_line() {
    let line = || {
        let (mut config, _) = config();
        config
            .set_random(|bytes| {
                bytes.fill(7);
                Ok(())
            })
            .unwrap();
        let manager = memory(&config);
        let mut session = manager.load("").unwrap();
        session.set("a", 1).unwrap();
        session.commit().unwrap().next().unwrap().to_owned()
    };
    assert_eq!(line(), line());
}

#[test]
fn a_random_source_that_fails() {
    let (mut config, _) = config();
    config.set_random(|_| Err(())).unwrap();
    let mut session = memory(&config).load("").unwrap();
    session.set("a", 1).unwrap();
    assert_eq!(session.commit().map(drop).unwrap_err().status(), Status::CALLBACK);
}

#[test]
fn panics_go_on_after_the_call() {
    let (mut config, _) = config();
    config.set_random(|_| panic!("random")).unwrap();
    let mut session = memory(&config).load("").unwrap();
    session.set("a", 1).unwrap();
    assert_eq!(panic_of(|| drop(session.commit())), "random");
    assert_eq!(session.get::<i64>("a").unwrap(), Some(1), "the session goes on");

    config.set_clock(|| panic!("clock")).unwrap();
    assert_eq!(panic_of(|| drop(memory(&config).load("session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))), "clock");

    let (mut config, _) = support::config();
    config.set_log(|_, _| panic!("log")).unwrap();
    assert_eq!(panic_of(|| drop(memory(&config))), "log"); // the clock that was replaced is warned of
}

#[test]
fn logs() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (mut config, _) = config();
    let log = Arc::clone(&seen);
    config.set_log(move |level, message| log.lock().unwrap().push((level, message.to_owned()))).unwrap();
    drop(memory(&config));
    let seen = seen.lock().unwrap();
    assert!(seen.iter().any(|(level, message)| *level == LogLevel::WARNING && message.contains("clock")), "{seen:?}");
}

#[test]
fn callbacks_are_dropped_once_and_with_the_last_who_needs_them() {
    struct Counts(Arc<AtomicUsize>);
    impl Drop for Counts {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let drops = Arc::new(AtomicUsize::new(0));
    let (mut config, _) = config();
    let counts = Counts(Arc::clone(&drops));
    config
        .set_clock(move || {
            let _ = &counts;
            1_700_000_000
        })
        .unwrap();
    let manager = memory(&config);
    let session = manager.load("").unwrap();
    drop(config);
    drop(manager);
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    drop(session);
    assert_eq!(drops.load(Ordering::Relaxed), 1);
}

#[test]
fn a_callback_that_panics_when_it_is_dropped() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let mut config = Config::new().unwrap();
    let panics = Panics;
    config
        .set_log(move |_, _| {
            let _ = &panics;
        })
        .unwrap();
    assert_eq!(panic_of(|| drop(config)), "dropped");
}

/// Writes content backwards.
struct Backwards {
    panics: Arc<AtomicBool>,
}

impl Codec for Backwards {
    fn encode(&self, json: &str) -> Result<Vec<u8>, Status> {
        assert!(!self.panics.load(Ordering::Relaxed), "encode");
        Ok(json.bytes().rev().collect())
    }

    fn decode(&self, bytes: &[u8]) -> Result<String, Status> {
        String::from_utf8(bytes.iter().rev().copied().collect()).map_err(|_| Status::CALLBACK)
    }
}

#[test]
fn codecs() {
    let panics = Arc::new(AtomicBool::new(false));
    let (mut config, _) = config();
    config.set_codec(Backwards { panics: Arc::clone(&panics) }).unwrap();
    let manager = Manager::new(&Backend::open("cookie:").unwrap(), &config).unwrap();
    let mut session = manager.load("").unwrap();
    session.set("a", 1).unwrap();
    session.commit().unwrap();
    assert_eq!(cookie_of(&session), "session=fTEgOiJhIns="); // }1 :"a"{
    assert_eq!(manager.load(cookie_of(&session)).unwrap().get::<i64>("a").unwrap(), Some(1));
    assert_eq!(manager.load("session=_w==").unwrap().origin(), Origin::REFUSED_CONTENT);
    panics.store(true, Ordering::Relaxed);
    session.set("a", 2).unwrap();
    assert_eq!(panic_of(|| drop(session.commit())), "encode");
    panics.store(false, Ordering::Relaxed);
    session.commit().unwrap();
}

/// A store in a table.
#[derive(Default)]
struct Table {
    blobs: Mutex<HashMap<[u8; 32], (Blob, i64, bool)>>,
    fails: Arc<AtomicBool>,
    panics: Arc<AtomicBool>,
}

impl Table {
    fn check(&self) -> Result<(), StoreError> {
        assert!(!self.panics.load(Ordering::Relaxed), "store");
        if self.fails.load(Ordering::Relaxed) {
            return Err(StoreError::new(Status::UNAVAILABLE, "the table is away"));
        }
        Ok(())
    }
}

impl Store for Table {
    const SWEEPS: bool = true;
    const COUNTS: bool = true;

    fn get(&self, key: &[u8; 32], time_left: Duration) -> Result<Option<Blob>, StoreError> {
        self.check()?;
        assert!(time_left <= Duration::from_secs(2));
        Ok(self.blobs.lock().unwrap().get(key).map(|(blob, _, _)| blob.clone()))
    }

    fn put(&self, key: &[u8; 32], put: Put<'_>, _: Duration) -> Result<bool, StoreError> {
        self.check()?;
        let mut blobs = self.blobs.lock().unwrap();
        if blobs.get(key).map_or(0, |(blob, _, _)| blob.version) != put.expected {
            return Ok(false);
        }
        let blob = Blob { bytes: put.bytes.to_vec(), version: put.version };
        blobs.insert(*key, (blob, put.expires, put.ended));
        Ok(true)
    }

    fn remove(&self, key: &[u8; 32], expected: u64, _: Duration) -> Result<bool, StoreError> {
        self.check()?;
        let mut blobs = self.blobs.lock().unwrap();
        let is_there = blobs.get(key).is_some_and(|(blob, _, _)| blob.version == expected);
        Ok(is_there && blobs.remove(key).is_some())
    }

    fn sweep(&self, _: i64, now: i64) -> Result<Counted, StoreError> {
        let mut blobs = self.blobs.lock().unwrap();
        let before = blobs.len();
        blobs.retain(|_, (_, expires, _)| *expires >= now);
        Ok(Counted { blobs: (before - blobs.len()) as i64, bytes: 0 })
    }

    fn ping(&self, _: Duration) -> Result<(), StoreError> {
        self.check()
    }

    fn statistics(&self) -> Result<Counted, StoreError> {
        let blobs = self.blobs.lock().unwrap();
        let alive = blobs.values().filter(|(_, _, ended)| !ended);
        Ok(Counted { blobs: alive.count() as i64, bytes: 1 })
    }
}

/// Makes each change in one step.
struct Changing(Table, Arc<AtomicI64>);

impl Store for Changing {
    const CHANGES: bool = true;

    fn get(&self, key: &[u8; 32], time_left: Duration) -> Result<Option<Blob>, StoreError> {
        self.0.get(key, time_left)
    }

    fn put(&self, key: &[u8; 32], put: Put<'_>, time_left: Duration) -> Result<bool, StoreError> {
        self.0.put(key, put, time_left)
    }

    fn remove(&self, key: &[u8; 32], expected: u64, time_left: Duration) -> Result<bool, StoreError> {
        self.0.remove(key, expected, time_left)
    }

    fn change(&self, key: &[u8; 32], mut decision: Decision<'_>, _: Duration) -> Result<bool, StoreError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        assert!(decision.decide(None).is_empty());
        self.0.check()?;
        let mut blobs = self.0.blobs.lock().unwrap();
        let found = blobs.get(key).map(|(blob, _, _)| blob.clone());
        for (key, put) in decision.decide(found.as_ref().map(|blob| (blob.bytes.as_slice(), blob.version))) {
            assert_eq!(blobs.get(key).map_or(0, |(blob, _, _)| blob.version), put.expected);
            assert!(put.expires > put.now);
            let blob = Blob { bytes: put.bytes.to_vec(), version: put.version };
            blobs.insert(*key, (blob, put.expires, put.ended));
        }
        Ok(true)
    }
}

#[test]
fn stores_that_change_in_one_step() {
    let changes = Arc::new(AtomicI64::new(0));
    let table = Table::default();
    let panics = Arc::clone(&table.panics);
    let manager = Manager::new(&Backend::custom(Changing(table, Arc::clone(&changes))).unwrap(), &config().0).unwrap();
    let mut session = manager.load("").unwrap();
    session.set("a", 1).unwrap();
    session.commit().unwrap();
    let cookie = cookie_of(&session);
    let mut one = manager.load(&cookie).unwrap();
    one.increment("a", 1).unwrap();
    session.increment("a", 1).unwrap();
    session.commit().unwrap();
    panics.store(true, Ordering::Relaxed);
    assert_eq!(panic_of(|| drop(one.commit())), "store");
    panics.store(false, Ordering::Relaxed);
    one.regenerate().unwrap();
    assert_eq!(one.get::<i64>("a").unwrap(), Some(3));
    assert_eq!(manager.load(&cookie).unwrap().origin(), Origin::REFUSED_UNKNOWN);
    assert_eq!(manager.load(cookie_of(&one)).unwrap().get::<i64>("a").unwrap(), Some(3));
    assert_eq!(changes.load(Ordering::Relaxed), 3);
}

#[test]
fn stores_of_the_hosts() {
    let table = Table::default();
    let (fails, panics) = (Arc::clone(&table.fails), Arc::clone(&table.panics));
    let (config, now) = config();
    let manager = Manager::new(&Backend::custom(table).unwrap(), &config).unwrap();
    let mut session = manager.load("").unwrap();
    session.set("a", 1).unwrap();
    session.commit().unwrap();
    let cookie = cookie_of(&session);
    let (mut one, mut two) = (manager.load(&cookie).unwrap(), manager.load(&cookie).unwrap());
    one.increment("a", 1).unwrap();
    two.increment("a", 1).unwrap();
    one.commit().unwrap();
    two.commit().unwrap();
    assert_eq!(two.get::<i64>("a").unwrap(), Some(3));
    assert_eq!(manager.statistics().unwrap().sessions, 1);

    fails.store(true, Ordering::Relaxed);
    let error = manager.load(&cookie).unwrap_err();
    assert_eq!((error.status(), error.message()), (Status::UNAVAILABLE, "the table is away"));
    fails.store(false, Ordering::Relaxed);

    panics.store(true, Ordering::Relaxed);
    assert_eq!(panic_of(|| drop(manager.load(&cookie))), "store");
    assert_eq!(panic_of(|| drop(manager.ping())), "store");
    panics.store(false, Ordering::Relaxed);

    assert_eq!(manager.load(&cookie).unwrap().get::<i64>("a").unwrap(), Some(3));
    now.fetch_add(1_300_000, Ordering::Relaxed);
    assert_eq!(manager.sweep(10).unwrap(), 1);
    assert_eq!(manager.statistics().unwrap().sessions, 0);
}
