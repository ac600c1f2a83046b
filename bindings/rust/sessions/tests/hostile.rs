//! Hostile programs: forks over every kind of store, and processes that end while calls are under way.

mod support;

use sessions::{Manager, Queue};
use std::future::Future;
use std::pin::pin;
use std::process::Command;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use support::{cookie_of, gated, manager, Directory, Redis};

fn begin(manager: &Manager) -> String {
    let mut session = manager.load("").unwrap();
    session.set("count", 1).unwrap();
    session.commit().unwrap();
    cookie_of(&session)
}

/// Does work in a child of this process, and says whether it went well.
fn is_fine_in_child(work: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child calls what is safe after a fork, and leaves without running anything of the parent's.
    unsafe {
        let child = libc::fork();
        assert!(child >= 0);
        if child == 0 {
            libc::alarm(60);
            let is_fine = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(false);
            libc::_exit(i32::from(!is_fine));
        }
        let mut status = -1;
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
        status == 0
    }
}

#[test]
fn a_prefork_server() {
    let (directory, redis) = (Directory::new(), Redis::start());
    let database = format!("sqlite:{}", directory.0.join("s.db").display());
    let managers = [
        (manager("memory:"), false, false),
        (manager("cookie:"), true, false),
        (manager("signed-cookie:"), true, false),
        (manager(&database), true, true),
        (manager(&redis.url()), true, true),
        (gated().0, true, false),
    ];
    for (manager, child_finds_it, parent_sees_change) in &managers {
        let cookie = begin(manager);
        let held = manager.load(&cookie).unwrap();
        let mut changed = manager.load(&cookie).unwrap();
        for _ in 0..3 {
            assert!(is_fine_in_child(|| {
                let mut found = manager.load(&cookie).unwrap();
                found.increment("count", 1).unwrap();
                found.commit().unwrap();
                begin(manager);
                held.get::<i64>("count").unwrap() == Some(1)
                    && (found.origin() == sessions::Origin::RESTORED) == *child_finds_it
            }));
        }
        changed.set("later", true).unwrap();
        changed.commit().unwrap();
        let last = manager.load(cookie_of(&changed)).unwrap();
        assert_eq!(last.get::<i64>("count").unwrap(), Some(if *parent_sees_change { 4 } else { 1 }));
        assert_eq!(last.get::<bool>("later").unwrap(), Some(true));
    }
}

#[test]
fn a_child_of_a_process_with_a_queue() {
    let redis = Redis::start();
    let manager = manager(&redis.url());
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let visit = |manager: &Manager| {
        runtime().block_on(async {
            let queue = Queue::new().unwrap();
            let mut session = manager.load_async(&queue, "").await.unwrap();
            session.set("count", 1).unwrap();
            session.commit_async(&queue).await.1.is_ok()
        })
    };
    let parents = runtime();
    let queue = parents.block_on(async { Queue::new().unwrap() });
    assert!(is_fine_in_child(|| visit(&manager)));
    assert!(visit(&manager));
    drop(queue);
}

/// Set in processes that are to end while a call is under way.
const ENDS: &str = "SESSIONS_TEST_ENDS";

/// Runs nothing but this, in a process that is told how to end.
#[test]
fn ends() {
    let Ok(how) = std::env::var(ENDS) else { return };
    let (manager, gate) = gated();
    let cookie = begin(&manager);
    let asked = gate.shut();
    let manager = Arc::new(manager);
    if how == "thread" {
        let (manager, cookie) = (Arc::clone(&manager), cookie.clone());
        std::thread::spawn(move || manager.load(&cookie).map(drop));
        asked.recv().unwrap();
        std::process::exit(7);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let queue = Queue::new().unwrap();
        let mut load = pin!(manager.load_async(&queue, &cookie));
        assert!(matches!(load.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
        asked.recv().unwrap();
        std::process::exit(7);
    });
}

#[test]
fn the_process_ends_while_calls_are_under_way() {
    for how in ["thread", "task"] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = command.args(["--exact", "ends"]).env(ENDS, how).output().unwrap();
        assert_eq!(output.status.code(), Some(7), "{how}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
