//! Web sessions for any HTTP stack: in signed cookies, in memory, in SQLite, in Redis, or in a store of your own.
//!
//! A host hands in the `Cookie` header of a request, reads and changes the session, commits it, and sends back the
//! complete `Set-Cookie` lines that it is given.
//!
//! ```
//! # fn main() -> sessions::Result<()> {
//! # let cookie = "";
//! let mut config = sessions::Config::new()?;
//! config.add_key("a secret of at least thirty-two bytes")?;
//! let backend = sessions::Backend::open("signed-cookie:")?;
//! let manager = sessions::Manager::new(&backend, &config)?;
//!
//! // For each request:
//! let mut session = manager.load(cookie)?;
//! let visits = session.get::<i64>("visits")?.unwrap_or(0);
//! session.set("visits", visits + 1)?;
//! for line in session.commit()? {
//!     println!("Set-Cookie: {line}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! * A cookie that is missing, forged, expired or unknown is not an error: the session is empty, and
//!   [`Session::origin`] says why. Only a store that cannot be asked is one, of [`Category::Environment`]: answer 503.
//! * `&self` reads and `&mut self` changes, so that no text read from a session outlives a change.
//! * A panic in a callback (clock, random source, log, codec, store) never crosses the library: it is caught, and goes
//!   on when the call that led to it has returned; a store's that a queue has asked, in the task that awaits the call.
//!   Other callbacks that panic on a thread that is inside no such call fail with [`Status::CALLBACK`] instead.
//! * Feature `tokio` has calls that do not wait, feature `tower` a layer for axum.
#![deny(missing_docs)]
#![warn(unsafe_op_in_unsafe_fn)]

mod backend;
mod callbacks;
mod codec;
mod config;
mod custom;
mod error;
mod finite;
mod handle;
#[cfg(feature = "tower")]
mod layer;
mod manager;
mod numbers;
mod panic;
#[cfg(feature = "tokio")]
mod queue;
mod session;
mod status;
mod value;

pub use backend::Backend;
pub use codec::Codec;
pub use config::Config;
pub use custom::{Blob, Counted, Decision, Put, Store, StoreError};
pub use error::{Error, Result};
#[cfg(feature = "tower")]
pub use layer::{CommittingFuture, RequestSession, SessionLayer, SessionService};
pub use manager::{Manager, Statistics};
pub use numbers::{CommitMode, LogLevel, Origin, Outcome, SameSite, ValueType};
#[cfg(feature = "tokio")]
pub use queue::Queue;
pub use session::{CookieLines, Keys, Session};
pub use status::{Category, Status};

/// The version of the library that is running, such as "0.1.0".
pub fn version() -> &'static str {
    // SAFETY: the string is constant.
    unsafe { handle::constant_text(sessions_sys::sessions_version()) }
}
