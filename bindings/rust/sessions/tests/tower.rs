//! The tower layer, called as a service.

mod support;

use http::{Request, Response};
use sessions::{Error, RequestSession, SessionLayer, Status};
use std::convert::Infallible;
use std::future::{ready, Future, Ready};
use std::pin::Pin;
use std::task::{Context, Poll};
use support::{manager, Redis};
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
                _ => {}
            }
            Ok(response)
        })
    }
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
        assert_eq!(first.headers()["vary"], "Cookie");
        assert_eq!(first.headers()["cache-control"], "no-store");
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
async fn a_session_that_is_kept_is_of_no_use_afterwards() {
    let layer = SessionLayer::new(manager("memory:")).unwrap();
    let response = get(&layer, "/keep", "b=2").await;
    let kept = response.extensions().get::<RequestSession>().unwrap();
    assert_eq!(kept.lock().map(drop).unwrap_err().status(), Status::MISUSE);
    assert_eq!(kept.commit().await.unwrap_err().status(), Status::MISUSE);
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
