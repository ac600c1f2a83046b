//! A web server that counts visits: the quick start of libsessions, on axum. The argument is a backend's URL, memory: by
//! default. $PORT is the port on 127.0.0.1, 8080 by default; 0 picks a free one. $SESSIONS_SECRET signs.

use axum::http::{header, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use sessions::{Backend, Config, Error, Manager, RequestSession, SessionLayer, Status};
use std::env;
use std::io::Read;
use tokio::signal::unix::{signal, SignalKind};

/// A failure of the library's, as the layer answers it too.
struct Failure(Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let code = match self.0.category() {
            sessions::Category::Environment => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut response = (code, json(format!("{{\"error\":\"{}\"}}", self.0.status()))).into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}

type Answer = Result<Response, Failure>;

fn json(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// The counter as the session has it now.
fn counter(session: &RequestSession) -> Answer {
    let session = session.lock()?;
    let counter = session.get_json("counter")?.unwrap_or("null");
    Ok(json(format!("{{\"counter\":{counter}}}")))
}

async fn hello() -> Response {
    json("{\"hello\":\"world\"}".to_owned())
}

async fn set(Extension(session): Extension<RequestSession>) -> Answer {
    let answer = counter(&session)?;
    session.lock()?.increment("counter", 1)?;
    Ok(answer)
}

/// Answered after its commit: then the session shows parallel requests' hits too.
async fn hit(Extension(session): Extension<RequestSession>) -> Answer {
    session.lock()?.increment("counter", 1)?;
    session.commit().await?;
    counter(&session)
}

async fn read(Extension(session): Extension<RequestSession>) -> Answer {
    Ok(json(session.lock()?.to_json()?.to_owned()))
}

async fn clear(Extension(session): Extension<RequestSession>) -> Answer {
    let answer = counter(&session)?;
    session.lock()?.clear()?;
    Ok(answer)
}

/// Who logs in gets a new id: nobody else can know it.
async fn login(Extension(session): Extension<RequestSession>) -> Answer {
    let answer = counter(&session)?;
    session.regenerate().await?;
    Ok(answer)
}

async fn unsafe_read(Extension(session): Extension<RequestSession>) -> Answer {
    counter(&session)
}

async fn nowhere() -> Response {
    (StatusCode::NOT_FOUND, json(format!("{{\"error\":\"{}\"}}", Status::NOT_FOUND))).into_response()
}

/// Tells the operator what went wrong.
async fn log_errors(response: Response) -> Response {
    if let Some(error) = response.extensions().get::<Error>() {
        eprintln!("{error}");
    }
    response
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let url = env::args().nth(1).unwrap_or_else(|| "memory:".to_owned());
    let port = env::var("PORT").ok().filter(|port| !port.is_empty()).unwrap_or_else(|| "8080".to_owned());
    let port: u16 = port.parse().map_err(|_| "PORT is a number from 0 to 65535")?;

    let mut config = Config::new()?;
    config.set_plain_http()?; // leave this out where you serve HTTPS
    if let Some(secret) = env::var_os("SESSIONS_SECRET").filter(|secret| !secret.is_empty()) {
        config.add_key(secret.as_encoded_bytes())?;
    } else {
        let mut secret = [0; 32];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut secret)?;
        config.add_key(secret)?;
        println!("SESSIONS_SECRET is not set: signing with a random secret, which ends with this process");
    }
    let manager = Manager::new(&Backend::open(&url)?, &config)?;

    let app = Router::new()
        .route("/", get(hello))
        .route("/set", get(set))
        .route("/hit", get(hit))
        .route("/read", get(read))
        .route("/clear", get(clear))
        .route("/unsafe", get(unsafe_read))
        .route("/login", get(login))
        .fallback(nowhere)
        .layer(SessionLayer::new(manager)?)
        .layer(map_response(log_errors));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    println!("serving on http://{}", listener.local_addr()?);
    let stop = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    if let Err(error) = serve().await {
        eprintln!("quickstart: {error}");
        return std::process::ExitCode::FAILURE;
    }
    std::process::ExitCode::SUCCESS
}
