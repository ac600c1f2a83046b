//! A backend with a copy of a config.

use crate::handle::{check, Owned};
use crate::{Backend, Config, Result, Session};
use sessions_sys as sys;

/// A backend with a copy of a config, from which requests load their sessions. Share freely between threads; sessions go
/// on working when it is dropped.
pub struct Manager(Owned<sys::sessions_manager>);

// SAFETY: the library lets threads share managers, and free them on any.
unsafe impl Send for Manager {}
unsafe impl Sync for Manager {}

/// What a store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Sessions, including expired ones that were not dropped yet.
    pub sessions: i64,
    /// The bytes that they take.
    pub bytes: i64,
}

impl Manager {
    /// Makes a manager. The config is copied.
    pub fn new(backend: &Backend, config: &Config) -> Result<Self> {
        // SAFETY: both handles are alive; the backend may be shared.
        Owned::make(|manager, error| unsafe {
            sys::sessions_manager_new(backend.as_ptr(), config.as_ptr(), manager, error)
        })
        .map(Self)
    }

    /// Loads the session of a request from the value of its Cookie header, which is empty when there is none. Repeated
    /// headers are joined with "; ".
    pub fn load(&self, cookie_header: impl AsRef<[u8]>) -> Result<Session> {
        let header = cookie_header.as_ref();
        // SAFETY: the header is read during the call.
        Owned::make(|session, error| unsafe {
            sys::sessions_manager_load(self.as_ptr(), header.as_ptr().cast(), header.len(), session, error)
        })
        .map(Session::from_handle)
    }

    /// The same from the cookie's bare value.
    pub fn load_value(&self, cookie_value: impl AsRef<[u8]>) -> Result<Session> {
        let value = cookie_value.as_ref();
        // SAFETY: the value is read during the call.
        Owned::make(|session, error| unsafe {
            sys::sessions_manager_load_value(self.as_ptr(), value.as_ptr().cast(), value.len(), session, error)
        })
        .map(Session::from_handle)
    }

    /// Makes a fresh session, not loaded from any request, so that settings for one call can be made before
    /// [`Session::load`]. Without loading it is a new session.
    pub fn new_session(&self) -> Result<Session> {
        // SAFETY: the handle is alive.
        Owned::make(|session, error| unsafe { sys::sessions_session_new(self.as_ptr(), session, error) })
            .map(Session::from_handle)
    }

    /// [`Manager::load`] without waiting.
    #[cfg(feature = "tokio")]
    pub async fn load_async(&self, queue: &crate::Queue, cookie_header: impl AsRef<[u8]>) -> Result<Session> {
        let session = self.new_session()?;
        let (session, result) = session.load_async(queue, cookie_header).await;
        result.map(|()| session)
    }

    /// Asks the store whether it answers, for health checks.
    pub fn ping(&self) -> Result<()> {
        // SAFETY: the handle is alive.
        check(|error| unsafe { sys::sessions_manager_ping(self.as_ptr(), error) })
    }

    /// Drops up to `most` sessions that have expired from the store, and tells how many.
    pub fn sweep(&self, most: i64) -> Result<i64> {
        let mut dropped = 0;
        // SAFETY: the output outlives the call.
        check(|error| unsafe { sys::sessions_manager_sweep(self.as_ptr(), most, &mut dropped, error) })?;
        Ok(dropped)
    }

    /// Counts what the store holds.
    pub fn statistics(&self) -> Result<Statistics> {
        let (mut sessions, mut bytes) = (0, 0);
        // SAFETY: the outputs outlive the call.
        check(|error| unsafe { sys::sessions_manager_statistics(self.as_ptr(), &mut sessions, &mut bytes, error) })?;
        Ok(Statistics { sessions, bytes })
    }

    fn as_ptr(&self) -> *const sys::sessions_manager {
        self.0.as_ptr()
    }
}

impl std::fmt::Debug for Manager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Manager")
    }
}
