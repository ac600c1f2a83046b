//! How a call ended.

use crate::handle::constant_text;

/// How a call failed. Codes never change their meaning, and new ones are added: go by [`Status::category`] for those
/// that you do not know.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(pub(crate) i32);

/// Who can do something about a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Category {
    /// No failure.
    Ok,
    /// The caller: the same call will fail again.
    Caller,
    /// The environment: the same call may succeed later. A server answers 503.
    Environment,
    /// Stored data.
    StoredData,
    /// The library, or the memory it needs.
    Internal,
    /// A callback of the caller's.
    Callback,
    /// A number that is in no category of this version.
    Unknown,
}

macro_rules! statuses {
    ($($(#[$doc:meta])* $constant:ident = $value:ident,)*) => {
        impl Status {
            $($(#[$doc])* pub const $constant: Self = Self(sessions_sys::$value);)*
        }
    };
}

statuses! {
    /// An argument is not acceptable: not UTF-8, not JSON, out of bounds, contradictory.
    INVALID = SESSIONS_E_INVALID,
    /// The call came at the wrong time, such as loading a session twice.
    MISUSE = SESSIONS_E_MISUSE,
    /// The value has another type than the one asked for.
    TYPE = SESSIONS_E_TYPE,
    /// The number cannot be represented in the type asked for without losing something.
    RANGE = SESSIONS_E_RANGE,
    /// There is no such key.
    NOT_FOUND = SESSIONS_E_NOT_FOUND,
    /// A limit would be exceeded: content bytes, keys, depth, bytes of a Set-Cookie line.
    LIMIT = SESSIONS_E_LIMIT,
    /// This build, backend or format cannot do it.
    UNSUPPORTED = SESSIONS_E_UNSUPPORTED,
    /// The queue ended while the call was under way: a write may be applied or not.
    CANCELED = SESSIONS_E_CANCELED,
    /// The store could not be asked; nothing was changed.
    UNAVAILABLE = SESSIONS_E_UNAVAILABLE,
    /// The time allowed ran out before the store answered; nothing was changed.
    TIMEOUT = SESSIONS_E_TIMEOUT,
    /// The time allowed ran out before it was known whether anything was changed: it may be applied or not.
    UNKNOWN = SESSIONS_E_UNKNOWN,
    /// The system's random source failed, so nothing was written.
    RANDOM = SESSIONS_E_RANDOM,
    /// Others kept the store, or this session, busy for the time allowed; nothing was changed.
    BUSY = SESSIONS_E_BUSY,
    /// The store has no room left; nothing was changed.
    FULL = SESSIONS_E_FULL,
    /// The store may not be written to; nothing was changed.
    READ_ONLY = SESSIONS_E_READ_ONLY,
    /// What is stored is damaged, or was not written by libsessions; nothing was changed.
    CORRUPT = SESSIONS_E_CORRUPT,
    /// A newer libsessions has written it; nothing was changed.
    NEWER = SESSIONS_E_NEWER,
    /// Out of memory.
    NOMEM = SESSIONS_E_NOMEM,
    /// A defect of libsessions or of a library under it.
    INTERNAL = SESSIONS_E_INTERNAL,
    /// A callback reported a failure, or panicked.
    CALLBACK = SESSIONS_E_CALLBACK,
}

impl Status {
    /// The number, as the C headers have it.
    pub const fn as_i32(self) -> i32 {
        self.0
    }

    /// The name in the C headers, such as "SESSIONS_E_LIMIT", or "SESSIONS_E_?" for a number that the library does not
    /// know.
    pub fn name(self) -> &'static str {
        // SAFETY: the string is constant.
        unsafe { constant_text(sessions_sys::sessions_status_name(self.0)) }
    }

    /// One sentence that says what the status means and what to do.
    pub fn message(self) -> &'static str {
        // SAFETY: the string is constant.
        unsafe { constant_text(sessions_sys::sessions_status_message(self.0)) }
    }

    /// Who can do something about it.
    pub fn category(self) -> Category {
        // SAFETY: takes any number.
        match unsafe { sessions_sys::sessions_status_category(self.0) } {
            sessions_sys::SESSIONS_CATEGORY_OK => Category::Ok,
            sessions_sys::SESSIONS_CATEGORY_CALLER => Category::Caller,
            sessions_sys::SESSIONS_CATEGORY_ENVIRONMENT => Category::Environment,
            sessions_sys::SESSIONS_CATEGORY_STORED_DATA => Category::StoredData,
            sessions_sys::SESSIONS_CATEGORY_INTERNAL => Category::Internal,
            sessions_sys::SESSIONS_CATEGORY_CALLBACK => Category::Callback,
            _ => Category::Unknown,
        }
    }
}

impl From<i32> for Status {
    /// The status with a number, as the C headers have it; any number is one.
    fn from(number: i32) -> Self {
        Self(number)
    }
}

impl std::fmt::Debug for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({})", self.name(), self.0)
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
