//! What went wrong in one call.

use crate::{Category, Status};
use std::borrow::Cow;

/// What went wrong in one call: a status, and a message that says what to do. No message holds a key, an id, a cookie's
/// value or session content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    status: Status,
    message: Option<Cow<'static, str>>,
}

/// What a call gives, or why it failed.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) const fn new(status: Status) -> Self {
        Self { status, message: None }
    }

    pub(crate) fn with_message(status: Status, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: Some(message.into()) }
    }

    /// How the call failed.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Who can do something about it.
    pub fn category(&self) -> Category {
        self.status.category()
    }

    /// One line that says what was wrong and what to do.
    pub fn message(&self) -> &str {
        match &self.message {
            Some(message) => message,
            None => self.status.message(),
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Error {}
