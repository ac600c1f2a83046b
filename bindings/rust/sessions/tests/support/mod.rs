//! What the tests share.
#![allow(dead_code)]

use sessions::{Backend, Blob, Config, Manager, Put, Session, Status, Store, StoreError};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{sync_channel, Receiver, SyncSender};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

pub const KEY: &str = "a key of these tests, of enough bytes";

/// A directory that goes with the test.
pub struct Directory(pub std::path::PathBuf);

impl Directory {
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("sessions-rust-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A Redis server of the test's own, on a unix socket.
pub struct Redis {
    process: Child,
    directory: Directory,
}

impl Redis {
    pub fn start() -> Self {
        let directory = Directory::new();
        let program = std::env::var_os("SESSIONS_REDIS_SERVER").unwrap_or_else(|| "redis-server".into());
        let mut process = Command::new(program)
            .args(["--save", "", "--appendonly", "no", "--port", "0", "--unixsocket"])
            .arg(directory.0.join("redis.sock"))
            .arg("--dir")
            .arg(&directory.0)
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server is installed");
        let mut log = BufReader::new(process.stdout.take().unwrap()).lines();
        let is_ready = log.any(|line| line.unwrap().contains("ready to accept connections at"));
        assert!(is_ready, "redis-server ends at once");
        std::thread::spawn(move || log.for_each(drop)); // so that the pipe does not fill up
        Self { process, directory }
    }

    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.directory.0.join("redis.sock").display())
    }

    /// Stops or continues the server: while it is stopped it answers nobody.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.process.id().to_string()).status();
        assert!(status.unwrap().success());
    }

    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A config for plain HTTP with a clock that tests set.
pub fn config() -> (Config, Arc<AtomicI64>) {
    let now = Arc::new(AtomicI64::new(1_700_000_000));
    let mut config = Config::new().unwrap();
    let clock = Arc::clone(&now);
    config.set_plain_http().unwrap().add_key(KEY).unwrap();
    config.set_clock(move || clock.load(Ordering::Relaxed)).unwrap();
    (config, now)
}

pub fn manager(url: &str) -> Manager {
    Manager::new(&Backend::open(url).unwrap(), &config().0).unwrap()
}

/// What a browser would send back.
pub fn cookie_of(session: &Session) -> String {
    let line = session.cookie_lines().next().expect("a cookie is sent");
    line.split(';').next().unwrap().to_owned()
}

/// Blobs in a table that answers while it is open.
#[derive(Default)]
pub struct Gate {
    blobs: Mutex<HashMap<[u8; 32], Blob>>,
    is_shut: Mutex<bool>,
    changed: Condvar,
    asked: Mutex<Option<SyncSender<()>>>,
    gets: AtomicI64,
    panics: AtomicBool,
    failure: Mutex<Option<Status>>,
}

impl Gate {
    /// Shuts it, and tells when it has been asked since.
    pub fn shut(&self) -> Receiver<()> {
        let (sender, receiver) = sync_channel(8);
        *self.asked.lock().unwrap() = Some(sender);
        *self.is_shut.lock().unwrap() = true;
        receiver
    }

    pub fn open(&self) {
        *self.is_shut.lock().unwrap() = false;
        self.changed.notify_all();
    }

    /// How often it has been asked for a blob.
    pub fn gets(&self) -> i64 {
        self.gets.load(Ordering::Relaxed)
    }

    /// Makes it panic whenever it is asked, or work again.
    pub fn panics(&self, panics: bool) {
        self.panics.store(panics, Ordering::Relaxed);
    }

    /// Makes it fail whenever it is asked.
    pub fn fail(&self, status: Status) {
        *self.failure.lock().unwrap() = Some(status);
    }

    fn pass(&self) -> Result<(), StoreError> {
        if let Some(asked) = &*self.asked.lock().unwrap() {
            let _ = asked.try_send(());
        }
        drop(self.changed.wait_while(self.is_shut.lock().unwrap(), |is_shut| *is_shut).unwrap());
        assert!(!self.panics.load(Ordering::Relaxed), "store");
        self.failure.lock().unwrap().map_or(Ok(()), |status| Err(StoreError::new(status, "")))
    }
}

struct Gated(Arc<Gate>);

impl Store for Gated {
    fn get(&self, key: &[u8; 32], _: Duration) -> Result<Option<Blob>, StoreError> {
        self.0.gets.fetch_add(1, Ordering::Relaxed);
        self.0.pass()?;
        Ok(self.0.blobs.lock().unwrap().get(key).cloned())
    }

    fn put(&self, key: &[u8; 32], put: Put<'_>, _: Duration) -> Result<bool, StoreError> {
        self.0.pass()?;
        let mut blobs = self.0.blobs.lock().unwrap();
        let is_expected = blobs.get(key).map_or(0, |blob| blob.version) == put.expected;
        if is_expected {
            blobs.insert(*key, Blob { bytes: put.bytes.to_vec(), version: put.version });
        }
        Ok(is_expected)
    }

    fn remove(&self, key: &[u8; 32], expected: u64, _: Duration) -> Result<bool, StoreError> {
        let mut blobs = self.0.blobs.lock().unwrap();
        Ok(blobs.get(key).is_some_and(|blob| blob.version == expected) && blobs.remove(key).is_some())
    }
}

pub fn gated() -> (Manager, Arc<Gate>) {
    let gate = Arc::new(Gate::default());
    (Manager::new(&Backend::custom(Gated(Arc::clone(&gate))).unwrap(), &config().0).unwrap(), gate)
}
