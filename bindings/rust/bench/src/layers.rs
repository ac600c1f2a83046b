//! The same application on axum: without sessions, with ours, with tower-sessions.

use crate::Program;
use axum::body::Body;
use axum::http::{header, Request};
use axum::routing::get;
use axum::{Extension, Router};
use sessions::{Backend, Config, Manager, RequestSession, SessionLayer};
use std::hint::black_box;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use tower_sessions::cookie::Key;
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

async fn ours(Extension(session): Extension<RequestSession>) -> String {
    session.lock().unwrap().increment("count", 1).unwrap().to_string()
}

async fn theirs(session: Session) -> String {
    let count = session.get::<i64>("count").await.unwrap().unwrap_or(0) + 1;
    session.insert("count", count).await.unwrap();
    count.to_string()
}

fn with_ours(url: &str) -> Router {
    let mut config = Config::new().unwrap();
    config.set_plain_http().unwrap().add_key("a key of this benchmark, long enough").unwrap();
    let manager = Manager::new(&Backend::open(url).unwrap(), &config).unwrap();
    Router::new().route("/", get(ours)).layer(SessionLayer::new(manager).unwrap())
}

fn with_theirs(is_signed: bool) -> Router {
    let router = Router::new().route("/", get(theirs));
    let layer = SessionManagerLayer::new(MemoryStore::default()).with_secure(false).with_always_save(true);
    match is_signed {
        true => router.layer(layer.with_signed(Key::from(&[7; 64]))),
        false => router.layer(layer),
    }
}

async fn visit(app: &Router, cookie: &str) -> axum::response::Response {
    let request = Request::builder().uri("/").header(header::COOKIE, cookie).body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap()
}

pub fn programs() -> Vec<Program<'static>> {
    let runtime = Box::leak(Box::new(tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()));
    let _entered = runtime.enter();
    vec![
        program("none", runtime, Router::new().route("/", get(|| async { "1" }))),
        program("libsessions, memory:", runtime, with_ours("memory:")),
        program("libsessions, signed-cookie:", runtime, with_ours("signed-cookie:")),
        program("tower-sessions, memory", runtime, with_theirs(false)),
        program("tower-sessions, memory, signed id", runtime, with_theirs(true)),
    ]
}

fn program(name: &'static str, runtime: &'static Runtime, app: Router) -> Program<'static> {
    let first = runtime.block_on(visit(&app, "a=1"));
    let line = first.headers().get(header::SET_COOKIE).map_or("a=1", |line| line.to_str().unwrap());
    let cookie = line.split(';').next().unwrap().to_owned();
    let work = move |count| {
        runtime.block_on(async {
            for _ in 0..count {
                black_box(visit(&app, &cookie).await);
            }
        });
    };
    Program { name, work: Box::new(work) }
}
