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
use std::thread::{self, ThreadId};
use tower_layer::Layer;
use tower_service::Service;

/// Gives each request its session, as a [`RequestSession`] in its extensions, commits it before the head of the response
/// goes out, and adds Set-Cookie, and Cache-Control or Vary. No thread waits for the store.
///
/// When a session cannot be loaded or committed, the answer is 503 if the same may succeed later
/// ([`Category::Environment`]) and 500 otherwise, also for stored data that is damaged, with `{"error":"SESSIONS_E_..."}`
/// as its body and the [`Error`] in its extensions, for logs. What a request with an answer of 500 or above has changed
/// is not committed.
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
///
/// ```
/// fn visit(session: &sessions::RequestSession) -> sessions::Result<i64> {
///     let mut session = session.lock()?;
///     let visits = session.get::<i64>("visits")?.unwrap_or(0) + 1;
///     session.set("visits", visits)?;
///     Ok(visits)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct RequestSession {
    shared: Arc<Shared>,
    queue: Queue,
}

#[derive(Debug)]
struct Shared {
    /// None while a call is under way, and when the response has gone out.
    session: Mutex<Option<Session>>,
    /// The thread that has locked it: if it did so again, it would wait for itself.
    holder: Mutex<Option<ThreadId>>,
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RequestSession {
    fn new(session: Session, queue: Queue) -> Self {
        let shared = Shared { session: Mutex::new(Some(session)), holder: Mutex::new(None) };
        Self { shared: Arc::new(shared), queue }
    }

    /// Gives access to the session until what it gives is dropped, which must be before the next await. Waits for other
    /// threads that have access.
    ///
    /// [`Status::MISUSE`] when this thread has access already, as in `s.lock()?.set("n", s.lock()?.len())`: lock once,
    /// into a variable. Also when another call is under way, or the response has gone out.
    pub fn lock(&self) -> Result<impl DerefMut<Target = Session> + '_> {
        self.locked()
    }

    fn locked(&self) -> Result<Locked<'_>> {
        let this_thread = Some(thread::current().id());
        if *guard(&self.shared.holder) == this_thread {
            return Err(Error::with_message(
                Status::MISUSE,
                "this thread has locked the session already: lock it once, into a variable, and drop that first",
            ));
        }
        let session = guard(&self.shared.session);
        if session.is_none() {
            return Err(Error::with_message(
                Status::MISUSE,
                "another call of the session is under way, or the response has gone out",
            ));
        }
        *guard(&self.shared.holder) = this_thread;
        Ok(Locked { session, holder: &self.shared.holder })
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
        Ok(self.locked()?.session.take().expect(IS_THERE))
    }

    fn put_back(&self, (session, result): (Session, Result<()>)) -> Result<()> {
        *guard(&self.shared.session) = Some(session);
        result
    }
}

/// A session that is there.
struct Locked<'a> {
    session: MutexGuard<'a, Option<Session>>,
    holder: &'a Mutex<Option<ThreadId>>,
}

const IS_THERE: &str = "only sessions that are there are locked";

impl Deref for Locked<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.session.as_ref().expect(IS_THERE)
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Session {
        self.session.as_mut().expect(IS_THERE)
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        *guard(self.holder) = None;
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
            if let Ok(ended) = session.take() {
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
        Category::Environment => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.extensions_mut().insert(error);
    response
}

/// Whether the application has said so, or that the response varies by everything.
fn varies_by_cookie(headers: &HeaderMap) -> bool {
    let mut names = headers.get_all(VARY).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    names.any(|name| name.trim_ascii().eq_ignore_ascii_case(b"cookie") || name.trim_ascii() == b"*")
}

fn add_headers(headers: &mut HeaderMap, session: &Session) -> Result<()> {
    if session.varies_by_cookie() && !varies_by_cookie(headers) {
        headers.append(VARY, HeaderValue::from_static("Cookie"));
    }
    if session.must_not_be_cached() {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
    let lines: CookieLines<'_> = session.cookie_lines();
    for line in lines {
        headers.append(SET_COOKIE, HeaderValue::from_str(line).map_err(|_| Error::new(Status::INTERNAL))?);
    }
    Ok(())
}
