//! The library's numbers as types: a newer library may give numbers that this crate does not know.

macro_rules! numbers {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $constant:ident = $value:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub(crate) i32);

        impl $name {
            $($(#[$doc])* pub const $constant: Self = Self(sessions_sys::$value);)*

            /// The number, as the C headers have it.
            pub const fn as_i32(self) -> i32 {
                self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match *self {
                    $(Self::$constant => f.write_str(stringify!($constant)),)*
                    Self(number) => write!(f, "{}({number})", stringify!($name)),
                }
            }
        }
    };
}

numbers! {
    /// Where the content of a session came from: what was found when it was loaded.
    Origin {
        /// The request had no session cookie.
        NEW = SESSIONS_ORIGIN_NEW,
        /// The cookie was good; the content is that of an earlier request.
        RESTORED = SESSIONS_ORIGIN_RESTORED,
        /// The cookie is not of the backend's format.
        REFUSED_MALFORMED = SESSIONS_ORIGIN_REFUSED_MALFORMED,
        /// No key fits: forged, or signed with a key that is not in use any more.
        REFUSED_SIGNATURE = SESSIONS_ORIGIN_REFUSED_SIGNATURE,
        /// The lifetime is over.
        REFUSED_EXPIRED = SESSIONS_ORIGIN_REFUSED_EXPIRED,
        /// Written later than now: the clocks of two machines differ.
        REFUSED_FUTURE = SESSIONS_ORIGIN_REFUSED_FUTURE,
        /// The store has no such session.
        REFUSED_UNKNOWN = SESSIONS_ORIGIN_REFUSED_UNKNOWN,
        /// Authentic, but the content is not a JSON object that the library reads.
        REFUSED_CONTENT = SESSIONS_ORIGIN_REFUSED_CONTENT,
    }
}

numbers! {
    /// What the last commit, destroy or regenerate did.
    Outcome {
        /// Nothing had to be written.
        UNCHANGED = SESSIONS_OUTCOME_UNCHANGED,
        /// A new session was stored or put into a cookie.
        CREATED = SESSIONS_OUTCOME_CREATED,
        /// Changes were written.
        SAVED = SESSIONS_OUTCOME_SAVED,
        /// Nothing changed, the lifetime was renewed.
        TOUCHED = SESSIONS_OUTCOME_TOUCHED,
        /// The content moved to a new id; the old one is dead.
        REGENERATED = SESSIONS_OUTCOME_REGENERATED,
        /// The session was ended, the browser is told to delete its cookie.
        DESTROYED = SESSIONS_OUTCOME_DESTROYED,
        /// The store has no such session any more: nothing was written or sent.
        GONE = SESSIONS_OUTCOME_GONE,
        /// Changes were written to what parallel requests had written meanwhile: the session now shows both.
        MERGED = SESSIONS_OUTCOME_MERGED,
        /// What was to be unchanged was changed, so nothing was written; the session now shows what is stored. That is
        /// all it has read with [`CommitMode::STRICT`], keys of [`Session::require_unchanged`](crate::Session), and
        /// anything after [`Status::UNKNOWN`](crate::Status::UNKNOWN).
        CONFLICT = SESSIONS_OUTCOME_CONFLICT,
    }
}

numbers! {
    /// The type of a value.
    ValueType {
        /// `null`.
        NULL = SESSIONS_TYPE_NULL,
        /// `true` or `false`.
        BOOL = SESSIONS_TYPE_BOOL,
        /// An integer that an `i64` holds.
        INT64 = SESSIONS_TYPE_INT64,
        /// An integer above those, that a `u64` holds.
        UINT64 = SESSIONS_TYPE_UINT64,
        /// A number with a fraction or an exponent, that an `f64` holds.
        DOUBLE = SESSIONS_TYPE_DOUBLE,
        /// Any other number.
        NUMBER = SESSIONS_TYPE_NUMBER,
        /// A string.
        STRING = SESSIONS_TYPE_STRING,
        /// An array.
        ARRAY = SESSIONS_TYPE_ARRAY,
        /// An object.
        OBJECT = SESSIONS_TYPE_OBJECT,
    }
}

numbers! {
    /// What a commit does when parallel requests have written since the session was loaded.
    CommitMode {
        /// Changes of different keys are both kept, increments add up; a removal beats the edit of a request that had
        /// still seen the key.
        MERGE = SESSIONS_COMMIT_MERGE,
        /// What was read must still be as it was read; otherwise nothing is written: [`Outcome::CONFLICT`].
        STRICT = SESSIONS_COMMIT_STRICT,
        /// The content of the session replaces what is stored.
        LAST_WRITE = SESSIONS_COMMIT_LAST_WRITE,
    }
}

numbers! {
    /// The cookie's SameSite attribute.
    SameSite {
        /// Sent on top-level navigation from other sites, not on their sub-requests.
        LAX = SESSIONS_SAME_SITE_LAX,
        /// Never sent on requests that another site starts.
        STRICT = SESSIONS_SAME_SITE_STRICT,
        /// Always sent; needs Secure.
        NONE = SESSIONS_SAME_SITE_NONE,
    }
}

numbers! {
    /// How much a log message matters.
    LogLevel {
        /// Worth knowing when looking for a fault.
        INFO = SESSIONS_LOG_INFO,
        /// Something that should not stay so in production.
        WARNING = SESSIONS_LOG_WARNING,
    }
}
