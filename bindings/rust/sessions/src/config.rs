//! Cookie attributes, lifetimes, keys, limits and hooks.

use crate::callbacks;
use crate::codec::{self, Codec};
use crate::handle::{check, destroy, into_user_data, Owned};
use crate::{CommitMode, LogLevel, Result, SameSite};
use sessions_sys as sys;
use std::time::Duration;

/// Cookie attributes, lifetimes, keys, limits and hooks. A fresh one is safe for production over HTTPS: cookie
/// `__Host-session` with Secure, HttpOnly, SameSite=Lax and Path=/, sessions that live 14 days from their last use.
///
/// Setters validate at once and leave the config as it was when they refuse. May move between threads.
pub struct Config(Owned<sys::sessions_config>);

// SAFETY: used by one thread at a time, which `&mut self` and the absence of Sync see to; callbacks are Send and Sync.
unsafe impl Send for Config {}

/// Setters of text.
macro_rules! set_text {
    ($($(#[$doc:meta])* $name:ident: $function:ident,)*) => {
        $($(#[$doc])*
        pub fn $name(&mut self, value: impl AsRef<str>) -> Result<&mut Self> {
            let value = value.as_ref();
            // SAFETY: the text is copied during the call.
            check(|error| unsafe { sys::$function(self.0.as_ptr(), value.as_ptr().cast(), value.len(), error) })?;
            Ok(self)
        })*
    };
}

/// Setters of a number.
macro_rules! set_number {
    ($($(#[$doc:meta])* $name:ident($value:ident: $type:ty) = $function:ident($number:expr),)*) => {
        $($(#[$doc])*
        pub fn $name(&mut self, $value: $type) -> Result<&mut Self> {
            // SAFETY: the handle is alive and ours alone.
            check(|error| unsafe { sys::$function(self.0.as_ptr(), $number, error) })?;
            Ok(self)
        })*
    };
}

impl Config {
    /// Makes a config with the defaults above.
    pub fn new() -> Result<Self> {
        // SAFETY: the output outlives the call.
        Owned::make(|config, _| unsafe { sys::sessions_config_new(config) }).map(Self)
    }

    /// Adds a signing key of any bytes. The first key added signs, all of them verify.
    pub fn add_key(&mut self, key: impl AsRef<[u8]>) -> Result<&mut Self> {
        let key = key.as_ref();
        // SAFETY: the key is copied during the call.
        check(|error| unsafe { sys::sessions_config_add_key(self.0.as_ptr(), key.as_ptr().cast(), key.len(), error) })?;
        Ok(self)
    }

    /// Sets the user (empty: the server's default user) and the password for [`crate::Backend::open_configured`].
    pub fn set_store_credentials(&mut self, user: impl AsRef<[u8]>, password: impl AsRef<[u8]>) -> Result<&mut Self> {
        let (user, password) = (user.as_ref(), password.as_ref());
        // SAFETY: both are copied during the call.
        check(|error| unsafe {
            sys::sessions_config_set_store_credentials(
                self.0.as_ptr(),
                user.as_ptr().cast(),
                user.len(),
                password.as_ptr().cast(),
                password.len(),
                error,
            )
        })?;
        Ok(self)
    }

    set_text! {
        /// Sets the cookie's name.
        set_cookie_name: sessions_config_set_cookie_name,
        /// Sets the Path attribute.
        set_cookie_path: sessions_config_set_cookie_path,
        /// Sets the Domain attribute; empty: none.
        set_cookie_domain: sessions_config_set_cookie_domain,
    }

    set_number! {
        /// Sets the SameSite attribute. NONE needs Secure.
        set_same_site(same_site: SameSite) = sessions_config_set_same_site(same_site.as_i32()),
        /// Sets whether the cookie is Secure.
        set_secure(secure: bool) = sessions_config_set_secure(secure.into()),
        /// Sets whether the cookie is HttpOnly.
        set_http_only(http_only: bool) = sessions_config_set_http_only(http_only.into()),
        /// Sets whether the cookie is Partitioned.
        set_partitioned(partitioned: bool) = sessions_config_set_partitioned(partitioned.into()),
        /// Sets how long a session lives after its last write or renewal, in whole seconds.
        set_lifetime(lifetime: Duration) = sessions_config_set_lifetime_seconds(seconds(lifetime)),
        /// Sets how long after the last write or renewal mere use renews a session, in whole seconds; None: a tenth of
        /// the lifetime.
        set_renew_after(age: Option<Duration>) = sessions_config_set_renew_after_seconds(age.map_or(-1, seconds)),
        /// Sets whether the browser keeps the cookie when it is closed.
        set_persistent(persistent: bool) = sessions_config_set_persistent(persistent.into()),
        /// Sets the commit mode of sessions that a store keeps.
        set_commit_mode(mode: CommitMode) = sessions_config_set_commit_mode(mode.as_i32()),
        /// Sets how long any one call may wait for a store, in whole milliseconds.
        set_timeout(timeout: Duration) = sessions_config_set_timeout_ms(milliseconds(timeout)),
        /// Sets how many bytes the keys and values of one session may have together.
        set_max_content_bytes(bytes: i64) = sessions_config_set_max_content_bytes(bytes),
    }

    /// Development over plain HTTP: the cookie is named `session` and is not Secure.
    pub fn set_plain_http(&mut self) -> Result<&mut Self> {
        // SAFETY: the handle is alive and ours alone.
        check(|error| unsafe { sys::sessions_config_set_plain_http(self.0.as_ptr(), error) })?;
        Ok(self)
    }

    /// Replaces the system's clock, in seconds since 1970: for tests and reproducible runs.
    pub fn set_clock<F: Fn() -> i64 + Send + Sync + 'static>(&mut self, clock: F) -> Result<&mut Self> {
        // SAFETY: the function fits the user data, which the library destroys once.
        check(|error| unsafe {
            sys::sessions_config_set_clock(
                self.0.as_ptr(),
                Some(callbacks::clock::<F>),
                into_user_data(clock),
                Some(destroy::<F>),
                error,
            )
        })?;
        Ok(self)
    }

    /// Replaces the system's random source: for tests and reproducible runs. `Err` says that it failed.
    pub fn set_random<F>(&mut self, random: F) -> Result<&mut Self>
    where
        F: Fn(&mut [u8]) -> Result<(), ()> + Send + Sync + 'static,
    {
        // SAFETY: as above.
        check(|error| unsafe {
            sys::sessions_config_set_random(
                self.0.as_ptr(),
                Some(callbacks::random::<F>),
                into_user_data(random),
                Some(destroy::<F>),
                error,
            )
        })?;
        Ok(self)
    }

    /// Sets who receives log messages.
    pub fn set_log<F: Fn(LogLevel, &str) + Send + Sync + 'static>(&mut self, log: F) -> Result<&mut Self> {
        // SAFETY: as above.
        check(|error| unsafe {
            sys::sessions_config_set_log(
                self.0.as_ptr(),
                Some(callbacks::log::<F>),
                into_user_data(log),
                Some(destroy::<F>),
                error,
            )
        })?;
        Ok(self)
    }

    /// Sets a serializer of your own for content on its way out of the process.
    pub fn set_codec<C: Codec>(&mut self, codec: C) -> Result<&mut Self> {
        let table = codec::table::<C>();
        // SAFETY: the table is copied; its functions fit the user data.
        check(|error| unsafe {
            sys::sessions_config_set_codec(self.0.as_ptr(), &table, into_user_data(codec), Some(destroy::<C>), error)
        })?;
        Ok(self)
    }

    pub(crate) fn as_ptr(&self) -> *const sys::sessions_config {
        self.0.as_ptr()
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Config") // it holds keys
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
