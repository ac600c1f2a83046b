//! The session of one request.

use crate::config::milliseconds;
use crate::handle::{check, plain, text, Owned};
use crate::value;
use crate::{CommitMode, Error, Origin, Outcome, Result, Status, ValueType};
use serde::de::{Deserialize, DeserializeOwned};
use serde::Serialize;
use sessions_sys as sys;
use std::ffi::c_char;
use std::ptr;
use std::time::Duration;

/// The session of one request: an ordered map from keys to JSON values.
///
/// Reading or changing anything uses the session. An unused session costs nothing: nothing is written and no Set-Cookie
/// is sent. Changes stay here until [`Session::commit`]. May move between threads, but is not shared by them:
///
/// ```compile_fail,E0277
/// fn share<T: Sync>(_: T) {}
/// # fn example(session: sessions::Session) {
/// share(session);
/// # }
/// ```
///
/// What is read from it ends with the next change:
///
/// ```compile_fail,E0502
/// # fn example(session: &mut sessions::Session) -> sessions::Result<()> {
/// let name = session.get::<&str>("name")?;
/// session.set("visits", 1)?;
/// println!("{name:?}");
/// # Ok(())
/// # }
/// ```
///
/// While a call that does not wait is under way, nobody has it:
///
/// ```compile_fail,E0382
/// # async fn example(session: sessions::Session, queue: sessions::Queue) {
/// let call = session.commit_async(&queue);
/// session.is_empty();
/// call.await;
/// # }
/// ```
pub struct Session(Owned<sys::sessions_session>);

// SAFETY: used by one thread at a time, which `&mut self` and the absence of Sync see to.
unsafe impl Send for Session {}

impl Session {
    pub(crate) fn from_handle(handle: Owned<sys::sessions_session>) -> Self {
        Self(handle)
    }

    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut sys::sessions_session {
        self.0.as_ptr()
    }

    /// Sets how long each later call of this session may wait for a store, instead of the config's.
    pub fn set_timeout(&mut self, timeout: Duration) -> Result<()> {
        // SAFETY: the handle is alive and ours alone.
        check(|error| unsafe { sys::sessions_session_set_timeout_ms(self.as_ptr(), milliseconds(timeout), error) })
    }

    /// Sets the commit mode for this session. [`CommitMode::STRICT`] goes by what is read from then on.
    pub fn set_commit_mode(&mut self, mode: CommitMode) -> Result<()> {
        // SAFETY: as above.
        check(|error| unsafe { sys::sessions_session_set_commit_mode(self.as_ptr(), mode.as_i32(), error) })
    }

    /// Loads what the value of a Cookie header names, into a session of [`crate::Manager::new_session`] that was not
    /// used yet.
    pub fn load(&mut self, cookie_header: impl AsRef<[u8]>) -> Result<()> {
        let header = cookie_header.as_ref();
        // SAFETY: the header is read during the call.
        check(|error| unsafe { sys::sessions_session_load(self.as_ptr(), header.as_ptr().cast(), header.len(), error) })
    }

    /// The same from the cookie's bare value.
    pub fn load_value(&mut self, cookie_value: impl AsRef<[u8]>) -> Result<()> {
        let value = cookie_value.as_ref();
        // SAFETY: the value is read during the call.
        check(|error| unsafe {
            sys::sessions_session_load_value(self.as_ptr(), value.as_ptr().cast(), value.len(), error)
        })
    }

    /// What loading found. Does not use the session.
    pub fn origin(&self) -> Origin {
        // SAFETY: the handle is alive.
        Origin(unsafe { sys::sessions_session_origin(self.as_ptr()) })
    }

    /// Reads a value as any type that serde can read; None when there is no such key. Numbers, strings and truth values
    /// are read without JSON in between, and a `&str` is not copied.
    ///
    /// Nothing is converted in a way that loses something: [`Status::TYPE`] or [`Status::RANGE`] instead. That holds for
    /// single values; within lists, maps, structures and a `serde_json::Value` numbers are what serde_json makes of them,
    /// which may round them to an `f64`. A key whose value is null gives `Some(None)` when it is read as an `Option`.
    pub fn get<'a, T: Deserialize<'a>>(&'a self, key: &str) -> Result<Option<T>> {
        value::read(self, key)
    }

    /// Sets a value of any type that serde can write. Numbers, strings and truth values are set without JSON in between.
    /// NaN and infinities are refused, also within lists, maps and structures.
    pub fn set<T: Serialize>(&mut self, key: &str, value: T) -> Result<()> {
        value::write(self, key, &value)
    }

    /// Reads a value and removes its key, for messages that are shown once. When it is of another type it stays.
    pub fn take<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>> {
        let value = self.get(key)?;
        if value.is_some() {
            self.remove(key)?;
        }
        Ok(value)
    }

    /// Reads a value of any type as JSON text.
    pub fn get_json(&self, key: &str) -> Result<Option<&str>> {
        let (mut json, mut len) = (ptr::null(), 0);
        // SAFETY: the text belongs to the session until it is changed, which the borrow prevents.
        unsafe {
            let status = sys::sessions_session_get_json(self.as_ptr(), start(key), key.len(), &mut json, &mut len);
            if !is_found(status)? {
                return Ok(None);
            }
            text(json, len).map(Some)
        }
    }

    /// Sets a value from JSON text.
    pub fn set_json(&mut self, key: &str, json: &str) -> Result<()> {
        // SAFETY: the text is copied.
        check(|error| unsafe {
            sys::sessions_session_set_json(self.as_ptr(), start(key), key.len(), start(json), json.len(), error)
        })
    }

    /// Tells the type of a value; None when there is no such key.
    pub fn value_type(&self, key: &str) -> Result<Option<ValueType>> {
        let mut number = 0;
        // SAFETY: the output outlives the call.
        let status = unsafe { sys::sessions_session_get_type(self.as_ptr(), start(key), key.len(), &mut number) };
        Ok(is_found(status)?.then_some(ValueType(number)))
    }

    /// Tells whether there is a value.
    pub fn contains(&self, key: &str) -> Result<bool> {
        let mut contains = 0;
        // SAFETY: the output outlives the call.
        plain(unsafe { sys::sessions_session_contains(self.as_ptr(), start(key), key.len(), &mut contains) })?;
        Ok(contains == 1)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        // SAFETY: the handle is alive.
        unsafe { sys::sessions_session_count(self.as_ptr()) }
    }

    /// Tells whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys, in the order in which they were first set.
    pub fn keys(&self) -> Keys<'_> {
        Keys { session: self, read: sys::sessions_session_key_at, index: 0, count: self.len() }
    }

    /// The whole content as one JSON object.
    pub fn to_json(&self) -> Result<&str> {
        let (mut json, mut len) = (ptr::null(), 0);
        // SAFETY: the text belongs to the session until it is changed, which the borrow prevents.
        unsafe {
            plain(sys::sessions_session_to_json(self.as_ptr(), &mut json, &mut len))?;
            text(json, len)
        }
    }

    /// Replaces the whole content by that of a JSON object.
    pub fn replace_with_json(&mut self, json: &str) -> Result<()> {
        // SAFETY: the text is copied.
        check(|error| unsafe { sys::sessions_session_from_json(self.as_ptr(), start(json), json.len(), error) })
    }

    /// Adds to an integer and gives the sum; a missing key counts as 0. Increments of parallel requests add up, on
    /// backends that keep sessions in a store.
    pub fn increment(&mut self, key: &str, delta: i64) -> Result<i64> {
        let mut sum = 0;
        // SAFETY: the output outlives the call.
        plain(unsafe { sys::sessions_session_increment(self.as_ptr(), start(key), key.len(), delta, &mut sum) })?;
        Ok(sum)
    }

    /// Removes a key, and tells whether it was there.
    pub fn remove(&mut self, key: &str) -> Result<bool> {
        // SAFETY: the handle is alive and ours alone.
        is_found(unsafe { sys::sessions_session_remove(self.as_ptr(), start(key), key.len()) })
    }

    /// Makes the next commit depend on a key: it is done only if no other request has changed this key since it was
    /// loaded. Otherwise nothing is written and the outcome is [`Outcome::CONFLICT`]: make the changes again on the fresh
    /// content. [`Status::MISUSE`] after [`Session::clear`] and [`Session::replace_with_json`], until they are committed.
    ///
    /// [`Status::MISUSE`]: crate::Status::MISUSE
    pub fn require_unchanged(&mut self, key: &str) -> Result<()> {
        // SAFETY: the handle is alive and ours alone; the key is copied.
        plain(unsafe { sys::sessions_session_require_unchanged(self.as_ptr(), start(key), key.len()) })
    }

    /// Removes everything, also what parallel requests have added meanwhile. When nothing is set afterwards, the commit
    /// ends the session.
    pub fn clear(&mut self) -> Result<()> {
        // SAFETY: as above.
        plain(unsafe { sys::sessions_session_clear(self.as_ptr()) })
    }

    /// Writes what this request did, and gives the Set-Cookie lines that the response must carry;
    /// [`Session::outcome`] says what happened. On failure the session stays as it was, with its changes.
    pub fn commit(&mut self) -> Result<CookieLines<'_>> {
        // SAFETY: as above.
        check(|error| unsafe { sys::sessions_session_commit(self.as_ptr(), error) })?;
        Ok(self.cookie_lines())
    }

    /// Moves the session to a new id, with the changes that were made so far, and ends the old id at once: for users who
    /// log in or gain rights.
    pub fn regenerate(&mut self) -> Result<CookieLines<'_>> {
        // SAFETY: as above.
        check(|error| unsafe { sys::sessions_session_regenerate(self.as_ptr(), error) })?;
        Ok(self.cookie_lines())
    }

    /// Ends the session at once; the lines delete the browser's cookie. What is set afterwards belongs to a session with
    /// a new id.
    pub fn destroy(&mut self) -> Result<CookieLines<'_>> {
        // SAFETY: as above.
        check(|error| unsafe { sys::sessions_session_destroy(self.as_ptr(), error) })?;
        Ok(self.cookie_lines())
    }

    /// What the last commit, regenerate or destroy that succeeded did.
    pub fn outcome(&self) -> Outcome {
        // SAFETY: the handle is alive.
        Outcome(unsafe { sys::sessions_session_outcome(self.as_ptr()) })
    }

    /// Whether no replica confirmed in time the last destroy or regenerate that a Redis server did.
    pub fn is_degraded(&self) -> bool {
        // SAFETY: as above.
        unsafe { sys::sessions_session_degraded(self.as_ptr()) == 1 }
    }

    /// The keys that parallel requests had changed too, as far as the last commit or regenerate met them.
    pub fn contested_keys(&self) -> Keys<'_> {
        // SAFETY: as above.
        let count = unsafe { sys::sessions_session_contested_count(self.as_ptr()) };
        Keys { session: self, read: sys::sessions_session_contested_key, index: 0, count }
    }

    /// The complete values of the Set-Cookie headers that the response must carry.
    pub fn cookie_lines(&self) -> CookieLines<'_> {
        // SAFETY: as above.
        let count = unsafe { sys::sessions_session_cookie_count(self.as_ptr()) };
        CookieLines(Keys { session: self, read: sys::sessions_session_cookie_line, index: 0, count })
    }

    /// Whether the response must carry `Vary: Cookie`: not when it must not be cached at all.
    pub fn varies_by_cookie(&self) -> bool {
        // SAFETY: as above.
        unsafe { sys::sessions_session_varies_by_cookie(self.as_ptr()) == 1 }
    }

    /// Whether the response must carry `Cache-Control: private, no-store`.
    pub fn must_not_be_cached(&self) -> bool {
        // SAFETY: as above.
        unsafe { sys::sessions_session_must_not_be_cached(self.as_ptr()) == 1 }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({:?})", self.origin()) // its content is nobody's business
    }
}

/// Reads a text of a session by its index.
type ReadText =
    unsafe extern "C" fn(*const sys::sessions_session, usize, *mut *const c_char, *mut usize) -> sys::sessions_status;

/// Keys of a session.
#[derive(Clone)]
pub struct Keys<'a> {
    session: &'a Session,
    read: ReadText,
    index: usize,
    count: usize,
}

impl<'a> Iterator for Keys<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.index == self.count {
            return None;
        }
        let (mut start, mut len) = (ptr::null(), 0);
        // SAFETY: the text belongs to the session until it is changed, which the borrow prevents.
        let found = unsafe {
            plain((self.read)(self.session.as_ptr(), self.index, &mut start, &mut len)).and_then(|()| text(start, len))
        };
        self.index += 1;
        found.ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count - self.index, Some(self.count - self.index))
    }
}

impl ExactSizeIterator for Keys<'_> {}

/// The complete values of the Set-Cookie headers that a response must carry.
#[derive(Clone)]
pub struct CookieLines<'a>(Keys<'a>);

impl<'a> Iterator for CookieLines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for CookieLines<'_> {}

/// A text as the library takes it.
#[inline]
pub(crate) fn start(text: &str) -> *const c_char {
    text.as_ptr().cast()
}

/// Turns the status for a missing key into false.
#[inline]
pub(crate) fn is_found(status: sys::sessions_status) -> Result<bool> {
    match status {
        sys::SESSIONS_OK => Ok(true),
        sys::SESSIONS_E_NOT_FOUND => Ok(false),
        _ => Err(Error::new(Status(status))),
    }
}
