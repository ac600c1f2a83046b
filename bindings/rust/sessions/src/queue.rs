//! Calls that do not wait: the library's queue, driven by one task of a tokio runtime.

use crate::handle::{copy_of, result_of, Owned};
use crate::panic::{awaited, discard, Payload};
use crate::{Error, Result, Session, Status};
use sessions_sys as sys;
use std::ffi::c_void;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::panic::resume_unwind;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::io::unix::AsyncFd;
use tokio::io::Interest;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

/// Where calls that do not wait find their results. Clones are the same queue; one is enough for a runtime.
///
/// A task of the runtime that it was made in drives it. When the last clone goes, or the runtime, what is under way ends:
/// it is waited for what a store is doing just then, and the calls fail with [`Status::CANCELED`].
#[derive(Clone)]
pub struct Queue(Arc<Owner>);

/// Ends the task with the last queue.
struct Owner {
    shared: Arc<Shared>,
    task: AbortHandle,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.task.abort();
        self.shared.close();
    }
}

/// How a call has ended. Err: a store panicked.
type Ended = std::result::Result<Result<()>, Payload>;

type Sender = oneshot::Sender<Ended>;
type Receiver = oneshot::Receiver<Ended>;

struct Shared {
    /// The library lets one thread at a time use a queue and the sessions whose calls it has: all of them hold this.
    /// None after its end.
    handle: Mutex<Option<QueueHandle>>,
    /// What callbacks have reported: told when the lock above is free again, because those who wait may drop sessions.
    finished: Mutex<Vec<(Sender, Ended)>>,
}

struct QueueHandle(Owned<sys::sessions_queue>);

// SAFETY: used by one thread at a time, which the mutex sees to.
unsafe impl Send for QueueHandle {}

/// What a call that is under way leaves with the library.
struct Waiting {
    sender: Sender,
    shared: Weak<Shared>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Tells those who wait what callbacks have reported. Without holding any lock.
    fn tell(&self) {
        let finished = std::mem::take(&mut *lock(&self.finished));
        for (sender, ended) in finished {
            // Nobody may be waiting any more.
            if let Err(Err(payload)) = sender.send(ended) {
                discard(payload);
            }
        }
    }

    fn dispatch(&self) -> Result<()> {
        let result = match &*lock(&self.handle) {
            // Outside of panic::call(): a codec that panics here must not end the task that drives everybody's calls.
            Some(queue) => {
                let mut error = ptr::null_mut();
                // SAFETY: the lock is held.
                let status = unsafe { sys::sessions_queue_dispatch(queue.0.as_ptr(), ptr::null_mut(), &mut error) };
                result_of(status, error)
            }
            None => Err(closed()),
        };
        self.tell();
        result
    }

    fn close(&self) {
        let mut handle = lock(&self.handle);
        drop(handle.take());
        drop(handle);
        self.tell();
    }
}

fn no_descriptor(error: impl std::fmt::Display) -> Error {
    Error::with_message(Status::UNAVAILABLE, error.to_string())
}

fn closed() -> Error {
    Error::with_message(Status::MISUSE, "the queue has ended, because its runtime has: make another one")
}

impl Queue {
    /// Makes a queue, and a task that drives it in the runtime of the caller.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, or when the runtime has no I/O driver.
    pub fn new() -> Result<Self> {
        // SAFETY: the output outlives the call.
        let handle = Owned::make(|queue, error| unsafe { sys::sessions_queue_new(queue, error) })?;
        // A copy, so that the runtime can forget it whenever the queue has ended. SAFETY: the queue is alive.
        let descriptor = unsafe { BorrowedFd::borrow_raw(sys::sessions_queue_descriptor(handle.as_ptr())) };
        let copy = descriptor.try_clone_to_owned().map_err(no_descriptor)?;
        // SAFETY: nobody else has the copy, and an OwnedFd stays what it is.
        let readable = unsafe { AsyncFd::register_with_interest(copy, Interest::READABLE) }.map_err(no_descriptor)?;
        let shared = Arc::new(Shared { handle: Mutex::new(Some(QueueHandle(handle))), finished: Mutex::default() });
        let driver = Driver(Arc::downgrade(&shared));
        let task = tokio::spawn(async move { driver.run(readable).await }).abort_handle();
        Ok(Self(Arc::new(Owner { shared, task })))
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Queue")
    }
}

/// What the task has: when it goes with its runtime, nobody would be told any more.
struct Driver(Weak<Shared>);

impl Driver {
    async fn run(&self, readable: AsyncFd<OwnedFd>) {
        // Forgotten before the dispatch, which empties the descriptor: what comes meanwhile makes it readable anew.
        while let Ok(mut ready) = readable.readable().await {
            ready.clear_ready();
            match self.0.upgrade() {
                Some(shared) if shared.dispatch().is_ok() => {}
                _ => break,
            }
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.close();
        }
    }
}

/// Called by the library under the queue's lock.
unsafe extern "C" fn done(user_data: *mut c_void, status: sys::sessions_status, error: *const sys::sessions_error) {
    // SAFETY: called once with what begin() has left; the error is alive during the call.
    let (waiting, result) = unsafe {
        let result = if status == sys::SESSIONS_OK { Ok(()) } else { Err(copy_of(status, error)) };
        (Box::from_raw(user_data.cast::<Waiting>()), result)
    };
    let panicked = result.as_ref().err().and_then(|error| awaited::take(error.message()));
    let ended = panicked.map_or(Ok(result), Err);
    if let Some(shared) = waiting.shared.upgrade() {
        lock(&shared.finished).push((waiting.sender, ended));
    } else if let Err(payload) = ended {
        discard(payload);
    }
}

/// Begins a call of a session on a queue.
type Begin<'a> = &'a mut (dyn FnMut(
    *mut sys::sessions_session,
    *mut sys::sessions_queue,
    sys::sessions_done_fn,
    *mut c_void,
    *mut *mut sys::sessions_error,
) -> sys::sessions_status
             + Send);

/// A session whose call is under way: dropping it ends the call and frees the session.
struct Busy {
    session: Option<Session>,
    queue: Queue,
}

impl Busy {
    fn begin(&mut self, begin: Begin<'_>) -> std::result::Result<Receiver, Result<()>> {
        let shared = &self.queue.0.shared;
        let Some(session) = &self.session else { return Err(Err(closed())) };
        let handle = lock(&shared.handle);
        let Some(queue) = &*handle else { return Err(Err(closed())) };
        let (sender, receiver) = oneshot::channel();
        let user_data = Box::into_raw(Box::new(Waiting { sender, shared: Arc::downgrade(shared) }));
        let mut status = sys::SESSIONS_OK;
        let result = crate::panic::call(|| {
            let mut error = ptr::null_mut();
            status = begin(session.as_ptr(), queue.0.as_ptr(), Some(done), user_data.cast(), &mut error);
            match status {
                sys::SESSIONS_PENDING => Ok(()),
                _ => {
                    // SAFETY: the library has not kept it: it only calls back for what is under way.
                    drop(unsafe { Box::from_raw(user_data) });
                    result_of(status, error)
                }
            }
        });
        if status == sys::SESSIONS_PENDING {
            Ok(receiver)
        } else {
            Err(result)
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            let _held = lock(&self.queue.0.shared.handle);
            drop(session);
        }
    }
}

async fn run(session: Session, queue: &Queue, begin: Begin<'_>) -> (Session, Result<()>) {
    let mut busy = Busy { session: Some(session), queue: queue.clone() };
    let result = match busy.begin(begin) {
        Ok(receiver) => match receiver.await {
            Ok(Ok(result)) => result,
            Ok(Err(payload)) => resume_unwind(payload),
            Err(_) => Err(Error::new(Status::CANCELED)),
        },
        Err(result) => result,
    };
    let session = busy.session.take().expect("only dropping takes it");
    (session, result)
}

/// Dropping one of these futures before it is ready frees the session, and ends the call: a write may have been done or
/// not. Otherwise the session comes back with the result. A panic of a [`Store`](crate::Store) goes on in the task that
/// awaits the call, and the session is freed.
impl Session {
    /// [`Session::load`] without waiting.
    pub async fn load_async(self, queue: &Queue, cookie_header: impl AsRef<[u8]>) -> (Session, Result<()>) {
        let header = cookie_header.as_ref().to_vec();
        // SAFETY: in this and the calls below, Busy owns the session and holds the queue's lock.
        run(self, queue, &mut move |session, queue, done, user_data, error| unsafe {
            let (start, len) = (header.as_ptr().cast(), header.len());
            sys::sessions_session_load_async(session, start, len, queue, done, user_data, error)
        })
        .await
    }

    /// [`Session::load_value`] without waiting.
    pub async fn load_value_async(self, queue: &Queue, cookie_value: impl AsRef<[u8]>) -> (Session, Result<()>) {
        let value = cookie_value.as_ref().to_vec();
        run(self, queue, &mut move |session, queue, done, user_data, error| unsafe {
            let (start, len) = (value.as_ptr().cast(), value.len());
            sys::sessions_session_load_value_async(session, start, len, queue, done, user_data, error)
        })
        .await
    }

    /// [`Session::commit`] without waiting; the lines are [`Session::cookie_lines`] then.
    pub async fn commit_async(self, queue: &Queue) -> (Session, Result<()>) {
        run(self, queue, &mut |session, queue, done, user_data, error| unsafe {
            sys::sessions_session_commit_async(session, queue, done, user_data, error)
        })
        .await
    }

    /// [`Session::regenerate`] without waiting.
    pub async fn regenerate_async(self, queue: &Queue) -> (Session, Result<()>) {
        run(self, queue, &mut |session, queue, done, user_data, error| unsafe {
            sys::sessions_session_regenerate_async(session, queue, done, user_data, error)
        })
        .await
    }

    /// [`Session::destroy`] without waiting.
    pub async fn destroy_async(self, queue: &Queue) -> (Session, Result<()>) {
        run(self, queue, &mut |session, queue, done, user_data, error| unsafe {
            sys::sessions_session_destroy_async(session, queue, done, user_data, error)
        })
        .await
    }
}
