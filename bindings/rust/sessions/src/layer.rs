//! A layer for stacks on tower: loads the session of each request, and commits it before the head of the response goes
//! out.

use crate::{Category, CookieLines, Error, Manager, Queue, Result, Session, Status};
use http::header::{HeaderMap, HeaderValue, CACHE_CONTROL, CONTENT_TYPE, COOKIE, SET_COOKIE, VARY};
use http::{Request, Response, StatusCode};
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Gives each request its session, as a [`RequestSession`] in its extensions, commits it before the head of the response
/// goes out, and adds Set-Cookie, Vary and Cache-Control. No thread waits for the store.
///
/// When a session cannot be loaded or committed, the answer is 503 for an outage or damage of the store
/// ([`Category::Environment`], [`Category::StoredData`]) and 500 otherwise, with `{"error":"SESSIONS_E_..."}` as its body
/// and the [`Error`] in its extensions, for logs. What a request with an answer of 500 or above has changed is not
/// committed.
#[derive(Clone, Debug)]
pub struct SessionLayer {
    manager: Arc<Manager>,
    queue: Queue,
}

impl SessionLayer {
    /// Makes a layer, which is driven by the tokio runtime of the caller.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn new(manager: impl Into<Arc<Manager>>) -> Result<Self> {
        Ok(Self { manager: manager.into(), queue: Queue::new()? })
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = SessionService<S>;

    fn layer(&self, inner: S) -> SessionService<S> {
        SessionService { layer: self.clone(), inner }
    }
}

/// The session of a request, among its extensions. Clones are the same session.
#[derive(Clone, Debug)]
pub struct RequestSession {
    /// None while a call is under way, and when the response has gone out.
    session: Arc<Mutex<Option<Session>>>,
    queue: Queue,
}

impl RequestSession {
    fn new(session: Session, queue: Queue) -> Self {
        Self { session: Arc::new(Mutex::new(Some(session))), queue }
    }

    fn guard(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives access to the session, not to be held across an await. [`Status::MISUSE`] when another call is under way,
    /// or the response has gone out.
    pub fn lock(&self) -> Result<impl DerefMut<Target = Session> + '_> {
        let guard = self.guard();
        if guard.is_none() {
            return Err(misuse());
        }
        Ok(Locked(guard))
    }

    /// [`Session::commit`] without waiting, for handlers that answer with what it has given. The layer commits anyway.
    pub async fn commit(&self) -> Result<()> {
        let session = self.take()?;
        self.put_back(session.commit_async(&self.queue).await)
    }

    /// [`Session::regenerate`] without waiting: for users who log in or gain rights.
    pub async fn regenerate(&self) -> Result<()> {
        let session = self.take()?;
        self.put_back(session.regenerate_async(&self.queue).await)
    }

    /// [`Session::destroy`] without waiting: for users who log out.
    pub async fn destroy(&self) -> Result<()> {
        let session = self.take()?;
        self.put_back(session.destroy_async(&self.queue).await)
    }

    fn take(&self) -> Result<Session> {
        self.guard().take().ok_or_else(misuse)
    }

    fn put_back(&self, (session, result): (Session, Result<()>)) -> Result<()> {
        *self.guard() = Some(session);
        result
    }
}

fn misuse() -> Error {
    Error::with_message(Status::MISUSE, "another call of the session is under way, or the response has gone out")
}

/// A session that is there.
struct Locked<'a>(MutexGuard<'a, Option<Session>>);

impl Deref for Locked<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.0.as_ref().expect("lock() has seen it")
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Session {
        self.0.as_mut().expect("lock() has seen it")
    }
}

/// The service that [`SessionLayer`] makes.
#[derive(Clone, Debug)]
pub struct SessionService<S> {
    layer: SessionLayer,
    inner: S,
}

/// The answer of a [`SessionService`].
pub type CommittingFuture<B, E> = Pin<Box<dyn Future<Output = Result<Response<B>, E>> + Send>>;

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for SessionService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>> + Clone + Send + 'static,
    S::Future: Send,
    RequestBody: Send + 'static,
    ResponseBody: From<String> + Send + 'static,
{
    type Response = Response<ResponseBody>;
    type Error = S::Error;
    type Future = CommittingFuture<ResponseBody, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        // The one that is ready answers; its clone has to become ready first.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let SessionLayer { manager, queue } = self.layer.clone();
        Box::pin(async move {
            let session = match manager.load_async(&queue, joined_cookies(request.headers())).await {
                Ok(session) => RequestSession::new(session, queue),
                Err(error) => return Ok(refusal(error)),
            };
            request.extensions_mut().insert(session.clone());
            let mut response = inner.call(request).await?;
            if !response.status().is_server_error() {
                if let Err(error) = session.commit().await {
                    response = refusal(error);
                }
            }
            let ended = session.guard().take();
            if let Some(ended) = ended {
                if let Err(error) = add_headers(response.headers_mut(), &ended) {
                    response = refusal(error);
                }
            }
            Ok(response)
        })
    }
}

/// The library takes repeated Cookie headers joined.
fn joined_cookies(headers: &HeaderMap) -> Vec<u8> {
    let lines: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    lines.join(&b"; "[..])
}

fn refusal<B: From<String>>(error: Error) -> Response<B> {
    let mut response = Response::new(B::from(format!("{{\"error\":\"{}\"}}", error.status().name())));
    *response.status_mut() = match error.category() {
        Category::Environment | Category::StoredData => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.extensions_mut().insert(error);
    response
}

fn add_headers(headers: &mut HeaderMap, session: &Session) -> Result<()> {
    if session.varies_by_cookie() {
        headers.append(VARY, HeaderValue::from_static("Cookie"));
    }
    if session.must_not_be_cached() {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let lines: CookieLines<'_> = session.cookie_lines();
    for line in lines {
        headers.append(SET_COOKIE, HeaderValue::from_str(line).map_err(|_| Error::new(Status::INTERNAL))?);
    }
    Ok(())
}
