//! Where session content lives.

use crate::custom::{self, Store};
use crate::handle::Owned;
use crate::{Config, Result};
use sessions_sys as sys;

/// Where session content lives. Share freely between threads; managers go on working when it is dropped.
pub struct Backend(Owned<sys::sessions_backend>);

// SAFETY: the library lets threads share backends, and free them on any.
unsafe impl Send for Backend {}
unsafe impl Sync for Backend {}

impl Backend {
    /// Opens the backend that a URL names: `memory:`, `sqlite:/path`, `redis://host`, `signed-cookie:`, `cookie:`. The
    /// header `<sessions/backend.h>` has their parameters.
    pub fn open(url: &str) -> Result<Self> {
        // SAFETY: the text is read during the call.
        Owned::make(|backend, error| unsafe {
            sys::sessions_backend_open(url.as_ptr().cast(), url.len(), backend, error)
        })
        .map(Self)
    }

    /// The same with the credentials of [`Config::set_store_credentials`] instead of those in the URL.
    pub fn open_configured(url: &str, config: &Config) -> Result<Self> {
        // SAFETY: text and config are read during the call.
        Owned::make(|backend, error| unsafe {
            sys::sessions_backend_open_configured(url.as_ptr().cast(), url.len(), config.as_ptr(), backend, error)
        })
        .map(Self)
    }

    /// Makes a backend of a store of your own.
    pub fn custom<S: Store>(store: S) -> Result<Self> {
        custom::open(store).map(Self)
    }

    pub(crate) fn as_ptr(&self) -> *mut sys::sessions_backend {
        self.0.as_ptr()
    }
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Backend")
    }
}
