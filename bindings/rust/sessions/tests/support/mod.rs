//! What the tests share.
#![allow(dead_code)]

use sessions::{Backend, Config, Manager, Session};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::Arc;

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
