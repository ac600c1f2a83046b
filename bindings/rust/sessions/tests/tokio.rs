//! Calls that do not wait, on tokio: many at once, dropped under way, and shut down in any order.

mod support;

use sessions::{Backend, Category, Manager, Queue, Session, Status};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use support::{config, cookie_of, gated, manager, Directory, Redis};

const fn is_moved<T: Send>(_: &T) {}

/// Polls once.
fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

async fn first_commit(manager: &Manager, queue: &Queue) -> String {
    let mut session = manager.load_async(queue, "").await.unwrap();
    session.set("count", 0).unwrap();
    let (session, result) = session.commit_async(queue).await;
    result.unwrap();
    cookie_of(&session)
}

async fn visit(url: &str) {
    let (manager, queue) = (manager(url), Queue::new().unwrap());
    let cookie = first_commit(&manager, &queue).await;
    let session = manager.load_async(&queue, &cookie).await.unwrap();
    assert_eq!(session.get::<i64>("count").unwrap(), Some(0));
    let (session, result) = session.regenerate_async(&queue).await;
    result.unwrap();
    let value = cookie_of(&session).split_once('=').unwrap().1.to_owned();
    let (session, result) = manager.new_session().unwrap().load_value_async(&queue, &value).await;
    result.unwrap();
    assert_eq!(session.get::<i64>("count").unwrap(), Some(0), "{url}");
    let (session, result) = session.load_async(&queue, "").await;
    assert_eq!(result.unwrap_err().status(), Status::MISUSE);
    let (session, result) = session.destroy_async(&queue).await;
    result.unwrap();
    assert!(session.is_empty());
}

#[tokio::test]
async fn every_backend() {
    let (directory, redis) = (Directory::new(), Redis::start());
    let database = format!("sqlite:{}", directory.0.join("s.db").display());
    for url in ["signed-cookie:", "memory:", &database, &redis.url()] {
        visit(url).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_from_many_threads() {
    let redis = Redis::start();
    let (manager, queue) = (Arc::new(manager(&redis.url())), Queue::new().unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (manager, queue) = (Arc::clone(&manager), queue.clone());
        tasks.spawn(async move {
            let cookie = first_commit(&manager, &queue).await;
            for count in 0..10 {
                let mut session = manager.load_async(&queue, &cookie).await.unwrap();
                assert_eq!(session.get::<i64>("count").unwrap(), Some(count));
                session.increment("count", 1).unwrap();
                let future = session.commit_async(&queue);
                is_moved(&future);
                future.await.1.unwrap();
            }
        });
    }
    while let Some(result) = tasks.join_next().await {
        result.unwrap();
    }
    assert_eq!(manager.statistics().unwrap().sessions, 200);
}

#[tokio::test]
async fn a_future_that_is_dropped_ends_its_call() {
    let redis = Redis::start();
    let (manager, queue) = (manager(&redis.url()), Queue::new().unwrap());
    let cookie = first_commit(&manager, &queue).await;
    redis.signal("STOP");
    for _ in 0..20 {
        let mut load = Box::pin(manager.load_async(&queue, &cookie));
        assert!(poll(load.as_mut()).is_pending());
        drop(load);
    }
    redis.signal("CONT");
    let mut session = manager.load_async(&queue, &cookie).await.unwrap();
    redis.signal("STOP");
    session.increment("count", 1).unwrap();
    let mut commit = Box::pin(session.commit_async(&queue));
    assert!(poll(commit.as_mut()).is_pending());
    drop(commit);
    redis.signal("CONT");
    let count = manager.load_async(&queue, &cookie).await.unwrap().get::<i64>("count").unwrap();
    assert!(matches!(count, Some(0 | 1)));
}

#[tokio::test]
async fn a_future_that_is_dropped_frees_its_session() {
    let ((manager, gate), queue) = (gated(), Queue::new().unwrap());
    let cookie = first_commit(&manager, &queue).await;
    let (gets, asked) = (gate.gets(), gate.shut());
    let threads = 16; // as many calls as a queue makes at once
    let mut at_store: Vec<_> = (0..threads).map(|_| Box::pin(manager.load_async(&queue, &cookie))).collect();
    for load in &mut at_store {
        assert!(poll(load.as_mut()).is_pending());
        asked.recv().unwrap();
    }
    let mut behind = Box::pin(manager.load_async(&queue, &cookie));
    assert!(poll(behind.as_mut()).is_pending());
    drop((at_store, behind));
    gate.open();
    drop(manager.load_async(&queue, &cookie).await.unwrap());
    assert_eq!(gate.gets() - gets, threads + 1, "the call behind those at the store has not ended");
    drop((manager, queue));
    assert_eq!(Arc::strong_count(&gate), 1, "a session still holds the store");
}

#[test]
fn what_is_under_way_ends_with_the_runtime() {
    let redis = Redis::start();
    let manager = manager(&redis.url());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (queue, cookie) = runtime.block_on(async {
        let queue = Queue::new().unwrap();
        let cookie = first_commit(&manager, &queue).await;
        (queue, cookie)
    });
    redis.signal("STOP");
    let mut load = pin!(manager.load_async(&queue, &cookie));
    assert!(poll(load.as_mut()).is_pending());
    drop(runtime);
    let Poll::Ready(result) = poll(load) else { panic!("nobody would ever say more") };
    assert_eq!(result.unwrap_err().status(), Status::CANCELED);
    let mut late = pin!(manager.load_async(&queue, &cookie));
    let Poll::Ready(result) = poll(late.as_mut()) else { panic!("the queue has ended") };
    assert_eq!(result.unwrap_err().status(), Status::MISUSE);
    redis.signal("CONT");
}

#[tokio::test]
async fn parents_may_go_first() {
    let redis = Redis::start();
    let (manager, queue) = (manager(&redis.url()), Queue::new().unwrap());
    let mut session = manager.load_async(&queue, "").await.unwrap();
    session.set("a", 1).unwrap();
    drop(manager);
    let commit = {
        let queue = queue;
        async move { session.commit_async(&queue).await }
    };
    let (session, result): (Session, _) = commit.await;
    result.unwrap();
    assert_eq!(session.get::<i64>("a").unwrap(), Some(1));
}

#[tokio::test]
async fn an_outage_gives_the_session_back() {
    let mut redis = Redis::start();
    let (manager, queue) = (manager(&redis.url()), Queue::new().unwrap());
    let mut session = manager.load_async(&queue, "").await.unwrap();
    session.set("a", 1).unwrap();
    redis.kill();
    let (session, result) = session.commit_async(&queue).await;
    assert_eq!(result.unwrap_err().category(), Category::Environment);
    assert_eq!(session.get::<i64>("a").unwrap(), Some(1));
}

#[tokio::test]
async fn a_codec_that_panics_on_the_runtime_does_not_end_the_queue() {
    struct Panics;
    impl sessions::Codec for Panics {
        fn encode(&self, json: &str) -> Result<Vec<u8>, Status> {
            Ok(json.into())
        }
        fn decode(&self, _: &[u8]) -> Result<String, Status> {
            panic!("decode")
        }
    }
    let (directory, queue) = (Directory::new(), Queue::new().unwrap());
    let url = format!("sqlite:{}", directory.0.join("s.db").display());
    let (mut config, _) = config();
    config.set_codec(Panics).unwrap();
    let manager = Manager::new(&Backend::open(&url).unwrap(), &config).unwrap();
    let cookie = first_commit(&manager, &queue).await;
    for _ in 0..2 {
        let error = manager.load_async(&queue, &cookie).await.unwrap_err();
        assert_eq!(error.status(), Status::CALLBACK);
    }
}

/// The message of the panic that a future ends with.
async fn panic_of<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> String {
    let error = tokio::spawn(future).await.map(drop).expect_err("it panics");
    error.into_panic().downcast_ref::<&str>().map_or_else(String::new, ToString::to_string)
}

#[tokio::test]
async fn a_store_that_panics_does_so_in_the_task_that_awaits_it() {
    let ((manager, gate), queue) = (gated(), Queue::new().unwrap());
    let manager = Arc::new(manager);
    let cookie = first_commit(&manager, &queue).await;
    let mut changed = Vec::new();
    for _ in 0..3 {
        let mut session = manager.load_async(&queue, &cookie).await.unwrap();
        session.increment("count", 1).unwrap();
        changed.push(session);
    }
    gate.panics(true);
    let (its, to, header) = (Arc::clone(&manager), queue.clone(), cookie.clone());
    assert_eq!(panic_of(async move { its.load_async(&to, header).await }).await, "store");
    let [first, second, third] = changed.try_into().unwrap();
    let to = queue.clone();
    assert_eq!(panic_of(async move { first.commit_async(&to).await }).await, "store");
    let to = queue.clone();
    assert_eq!(panic_of(async move { second.regenerate_async(&to).await }).await, "store");
    let to = queue.clone();
    assert_eq!(panic_of(async move { third.destroy_async(&to).await }).await, "store");
    gate.panics(false);
    let session = manager.load_async(&queue, &cookie).await.unwrap();
    assert_eq!(session.get::<i64>("count").unwrap(), Some(0), "the queue goes on");
    drop((session, manager, queue));
    assert_eq!(Arc::strong_count(&gate), 1, "a session still holds the store");
}
