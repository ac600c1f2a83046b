//! The tower layer, called as a service.

mod support;

use http::{Request, Response};
use sessions::{Error, RequestSession, SessionLayer, Status};
use std::convert::Infallible;
use std::future::{ready, Future, Ready};
use std::pin::{pin, Pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use support::{gated, manager, Redis};
use tower_layer::Layer;
use tower_service::Service;

type Answer = Pin<Box<dyn Future<Output = Result<Response<String>, Infallible>> + Send>>;

/// An application: what it does with the session is the path.
#[derive(Clone)]
struct App;

impl Service<Request<()>> for App {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Answer {
        let session = request.extensions().get::<RequestSession>().expect("the layer is there").clone();
        Box::pin(async move {
            let mut response = Response::new(String::new());
            match request.uri().path() {
                "/set" => *response.body_mut() = session.lock().unwrap().increment("n", 1).unwrap().to_string(),
                "/fail" => {
                    session.lock().unwrap().set("n", 100).unwrap();
                    *response.status_mut() = http::StatusCode::BAD_GATEWAY;
                }
                "/large" => session.lock().unwrap().set("n", "x".repeat(5000)).unwrap(),
                "/login" => session.regenerate().await.unwrap(),
                "/logout" => session.destroy().await.unwrap(),
                "/commit" => {
                    session.lock().unwrap().increment("n", 1).unwrap();
                    session.commit().await.unwrap();
                }
                "/keep" => drop(response.extensions_mut().insert(session)),
                "/locked" => locks_while_locked(&session),
                "/never-unlocked" => std::mem::forget(session.lock().unwrap()),
                "/threads" => counts_on_threads(&session),
                "/vary" => {
                    assert!(!session.lock().unwrap().contains("n").unwrap());
                    for value in request.uri().query().unwrap().split('&') {
                        response.headers_mut().append("vary", value.replace('+', " ").parse().unwrap());
                    }
                }
                _ => {}
            }
            Ok(response)
        })
    }
}

/// Does what would have to wait for itself.
fn locks_while_locked(session: &RequestSession) {
    let twice = || session.lock()?.set("n", session.lock()?.get::<i64>("n")?.unwrap_or(0) + 1);
    let error = twice().unwrap_err();
    assert_eq!(error.status(), Status::MISUSE);
    assert!(error.message().contains("lock it once"));
    let mut held = session.lock().unwrap();
    let commit = pin!(session.commit()).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(commit, Poll::Ready(Err(error)) if error.status() == Status::MISUSE));
    held.set("n", 7).unwrap();
}

/// Counts to 4,000, on threads that get in each other's way.
fn counts_on_threads(session: &RequestSession) {
    let count = || {
        for _ in 0..1000 {
            let mut held = session.lock().unwrap();
            std::thread::yield_now();
            held.increment("n", 1).unwrap();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(count);
        }
    });
}

/// Makes visits on a thread of their own: if it waits for itself, the test fails all the same.
fn statuses_and_count(paths: &'static [&'static str]) -> (Vec<u16>, String) {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let layer = SessionLayer::new(manager("memory:")).unwrap();
            let (mut statuses, mut session) = (Vec::new(), "b=2".to_owned());
            for path in paths {
                let response = get(&layer, path, &session).await;
                statuses.push(response.status().as_u16());
                session = cookie(&response).unwrap_or(session);
            }
            let count = get(&layer, "/set", &session).await.into_body();
            sender.send((statuses, count)).unwrap();
        });
    });
    receiver.recv_timeout(Duration::from_secs(60)).expect("the visits end")
}

async fn get(layer: &SessionLayer, path: &str, cookie: &str) -> Response<String> {
    let request = Request::builder().uri(path).header("cookie", "a=1").header("cookie", cookie).body(()).unwrap();
    layer.layer(App).call(request).await.unwrap()
}

fn cookie(response: &Response<String>) -> Option<String> {
    let line = response.headers().get("set-cookie")?.to_str().unwrap();
    Some(line.split(';').next().unwrap().to_owned())
}

#[tokio::test]
async fn a_visit() {
    let redis = Redis::start();
    for url in ["memory:", "signed-cookie:", &redis.url()] {
        let layer = SessionLayer::new(manager(url)).unwrap();
        let first = get(&layer, "/set", "b=2").await;
        assert!(first.headers().get("vary").is_none());
        assert_eq!(first.headers()["cache-control"], "private, no-store");
        let old = cookie(&first).unwrap();
        let second = get(&layer, "/set", &old).await;
        assert_eq!(second.body(), "2");
        let now = cookie(&second).unwrap_or(old);
        let moved = cookie(&get(&layer, "/login", &now).await).unwrap();
        assert_eq!(get(&layer, "/set", &moved).await.body(), "3");
        assert_eq!(cookie(&get(&layer, "/logout", &moved).await).unwrap(), "session=");
    }
}

#[tokio::test]
async fn a_request_that_does_not_use_its_session() {
    let layer = SessionLayer::new(manager("memory:")).unwrap();
    let response = get(&layer, "/", "b=2").await;
    assert!(response.headers().is_empty());
}

#[tokio::test]
async fn what_fails_is_not_committed() {
    let layer = SessionLayer::new(manager("memory:")).unwrap();
    let session = cookie(&get(&layer, "/set", "b=2").await).unwrap();
    let failed = get(&layer, "/fail", &session).await;
    assert_eq!((failed.status().as_u16(), cookie(&failed)), (502, None));
    assert_eq!(get(&layer, "/set", &session).await.body(), "2");

    let layer = SessionLayer::new(manager("signed-cookie:")).unwrap();
    let large = get(&layer, "/large", "b=2").await;
    assert_eq!((large.status().as_u16(), cookie(&large)), (500, None));
    assert_eq!(large.body(), r#"{"error":"SESSIONS_E_LIMIT"}"#);
    assert_eq!(large.extensions().get::<Error>().unwrap().status(), Status::LIMIT);
}

#[tokio::test]
async fn an_outage_is_503_and_no_logout() {
    let mut redis = Redis::start();
    let layer = SessionLayer::new(manager(&redis.url())).unwrap();
    let session = cookie(&get(&layer, "/commit", "b=2").await).unwrap();
    redis.kill();
    let response = get(&layer, "/set", &session).await;
    assert_eq!((response.status().as_u16(), cookie(&response)), (503, None));
    assert!(response.body().starts_with(r#"{"error":"SESSIONS_E_"#));
}

#[tokio::test]
async fn what_may_succeed_later_is_503_and_all_else_500() {
    let (manager, gate) = gated();
    let layer = SessionLayer::new(manager).unwrap();
    let session = cookie(&get(&layer, "/set", "b=2").await).unwrap();
    for (failure, status) in [
        (Status::UNAVAILABLE, 503),
        (Status::READ_ONLY, 503),
        (Status::CORRUPT, 500),
        (Status::NEWER, 500),
        (Status::NOMEM, 500),
        (Status::CALLBACK, 500),
    ] {
        gate.fail(failure);
        for header in [&session, "b=2"] {
            let response = get(&layer, "/set", header).await;
            assert_eq!((response.status().as_u16(), cookie(&response)), (status, None), "{failure}");
            assert_eq!(response.body(), &format!("{{\"error\":\"{failure}\"}}"));
        }
    }
}

#[tokio::test]
async fn a_session_that_is_kept_is_of_no_use_afterwards() {
    let layer = SessionLayer::new(manager("memory:")).unwrap();
    let response = get(&layer, "/keep", "b=2").await;
    let kept = response.extensions().get::<RequestSession>().unwrap();
    assert_eq!(kept.lock().map(drop).unwrap_err().status(), Status::MISUSE);
    assert_eq!(kept.commit().await.unwrap_err().status(), Status::MISUSE);
}

#[test]
fn a_thread_that_has_locked_a_session_is_refused() {
    assert_eq!(statuses_and_count(&["/locked"]), (vec![200], "8".to_owned()));
    assert_eq!(statuses_and_count(&["/set", "/never-unlocked"]), (vec![200, 500], "2".to_owned()));
}

#[test]
fn threads_wait_for_each_other() {
    assert_eq!(statuses_and_count(&["/threads"]), (vec![200], "4001".to_owned()));
}

#[tokio::test]
async fn a_response_that_varies_by_cookie_already() {
    let layer = SessionLayer::new(manager("memory:")).unwrap();
    for vary in ["Cookie", "cookie", "Accept,+COOKIE", "Accept&origin,cookie+,x", "*"] {
        let response = get(&layer, &format!("/vary?{vary}"), "b=2").await;
        let values: Vec<_> = response.headers().get_all("vary").iter().collect();
        assert_eq!(values, vary.replace('+', " ").split('&').collect::<Vec<_>>());
    }
    for vary in ["Accept", "Cookies,Set-Cookie"] {
        let response = get(&layer, &format!("/vary?{vary}"), "b=2").await;
        assert_eq!(response.headers().get_all("vary").iter().collect::<Vec<_>>(), [vary, "Cookie"]);
    }
}

/// An application whose error is passed on.
#[derive(Clone)]
struct Fails;

impl Service<Request<()>> for Fails {
    type Response = Response<String>;
    type Error = &'static str;
    type Future = Ready<Result<Response<String>, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Err("failed"))
    }
}

#[tokio::test]
async fn errors_of_the_application_are_passed_on() {
    let layer = SessionLayer::new(manager("memory:")).unwrap();
    assert_eq!(layer.layer(Fails).call(Request::new(())).await.unwrap_err(), "failed");
}
