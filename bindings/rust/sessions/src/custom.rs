//! A store of the host's own.

use crate::handle::{bytes, destroy, into_user_data, Owned};
use crate::{panic, Result, Status};
use sessions_sys as sys;
use std::borrow::Cow;
use std::ffi::{c_uchar, c_void};
use std::marker::PhantomData;
use std::time::Duration;

/// How many bytes a key has: a digest, with which nobody can load a session.
const KEY_BYTES: usize = sys::SESSIONS_CUSTOM_KEY_BYTES;

/// A database of your own: it keeps a blob under a key, with a version beside it, and replaces it only if the version is
/// still the one that was read. Everything else the library does over it: merging what parallel requests have changed,
/// tombstones, lifetimes.
///
/// Called from several threads at once, on the threads that load and commit; for calls through a queue, as those of
/// tokio, on up to 16 threads of that queue. `time_left` is how long the caller still waits.
pub trait Store: Send + Sync + 'static {
    /// Whether expired blobs are dropped without [`Store::sweep`].
    const DROPS_EXPIRED: bool = false;
    /// Whether [`Store::change`] is there.
    const CHANGES: bool = false;
    /// Whether [`Store::sweep`] is there.
    const SWEEPS: bool = false;
    /// Whether [`Store::statistics`] is there.
    const COUNTS: bool = false;

    /// Reads the blob under a key. One that has expired may be found or missing.
    fn get(&self, key: &[u8; KEY_BYTES], time_left: Duration) -> Result<Option<Blob>, StoreError>;

    /// Stores a blob if the version of what is there is `put.expected`, in one step. False: it is another.
    fn put(&self, key: &[u8; KEY_BYTES], put: Put<'_>, time_left: Duration) -> Result<bool, StoreError>;

    /// Removes the blob under a key if its version is `expected`, in one step. False: it is another, or there is none.
    fn remove(&self, key: &[u8; KEY_BYTES], expected: u64, time_left: Duration) -> Result<bool, StoreError>;

    /// Changes what is under a key in one step, such as a transaction that holds a lock on the key: reads the blob, asks
    /// `decision` what to store, and stores all of that or nothing. False: nothing was stored, because others were in
    /// the way, or a version was another than expected.
    fn change(&self, key: &[u8; KEY_BYTES], decision: Decision<'_>, time_left: Duration) -> Result<bool, StoreError> {
        let _ = (key, decision, time_left);
        Ok(false)
    }

    /// Drops up to `most` blobs whose `expires` is before `now`, and counts them.
    fn sweep(&self, most: i64, now: i64) -> Result<Counted, StoreError> {
        let _ = (most, now);
        Ok(Counted::default())
    }

    /// Finds out whether the store works.
    fn ping(&self, time_left: Duration) -> Result<(), StoreError> {
        let _ = time_left;
        Ok(())
    }

    /// Counts the blobs that there are, without tombstones, and all bytes.
    fn statistics(&self) -> Result<Counted, StoreError> {
        Ok(Counted::default())
    }
}

/// What is under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// The bytes, as they were put.
    pub bytes: Vec<u8>,
    /// The version that was put with them.
    pub version: u64,
}

/// What to store under a key.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Put<'a> {
    /// The bytes to keep.
    pub bytes: &'a [u8],
    /// The version that has to be there; 0: there must be nothing under the key.
    pub expected: u64,
    /// The version to keep beside the bytes.
    pub version: u64,
    /// Seconds since 1970: afterwards the store may drop the blob, but not before.
    pub expires: i64,
    /// Seconds since 1970 by the library's clock: `expires - now` is the time to live.
    pub now: i64,
    /// The blob is a tombstone, which remembers for an hour that the session has ended.
    pub ended: bool,
}

/// What a change is to store.
#[derive(Debug)]
pub struct Decision<'a> {
    call: *mut sys::sessions_custom_call,
    under_way: PhantomData<&'a ()>,
}

impl Decision<'_> {
    /// Says what to put under which keys, given the blob and its version that are under the change's key, or that there
    /// is none. May be asked again, when the step is begun anew: the last time counts.
    pub fn decide(&mut self, found: Option<(&[u8], u64)>) -> Vec<(&[u8; KEY_BYTES], Put<'_>)> {
        let mut puts = Vec::new();
        // SAFETY: the call is not answered before `change` has returned; what the writes point to lives until then or
        // until the next decision, which the borrow of self excludes.
        unsafe {
            let (blob, blob_len, version) = match found {
                Some((blob, version)) => (blob.as_ptr().cast(), blob.len(), version),
                None => (std::ptr::null(), 0, 0),
            };
            let mut next = sys::sessions_custom_decide(self.call, blob, blob_len, version);
            while let Some(write) = next.as_ref() {
                let put = Put {
                    bytes: bytes(write.blob.cast(), write.blob_len),
                    expected: write.expected,
                    version: write.version,
                    expires: write.expires,
                    now: write.now,
                    ended: write.ended != 0,
                };
                puts.push((key_of(write.key), put));
                next = write.next;
            }
        }
        puts
    }
}

/// A number of blobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// How many there are.
    pub blobs: i64,
    /// How many bytes they take.
    pub bytes: i64,
}

/// Why a store failed: what the call of the library returns then.
#[derive(Clone, Debug)]
pub struct StoreError {
    /// Of the environment, of stored data or a callback's; any other becomes [`Status::CALLBACK`]. A put, remove or
    /// change that may have been done nevertheless says [`Status::UNKNOWN`].
    pub status: Status,
    /// One line that says what was wrong and what to do, without keys and content; empty for a general one.
    pub message: Cow<'static, str>,
}

impl StoreError {
    /// Makes an error.
    pub fn new(status: Status, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into() }
    }
}

pub(crate) fn open<S: Store>(store: S) -> Result<Owned<sys::sessions_backend>> {
    let table = sys::sessions_custom_store {
        size: size_of::<sys::sessions_custom_store>(),
        capabilities: if S::DROPS_EXPIRED { sys::SESSIONS_CUSTOM_DROPS_EXPIRED } else { 0 },
        get: Some(get::<S>),
        put: Some(put::<S>),
        remove: Some(remove::<S>),
        sweep: if S::SWEEPS { Some(sweep::<S>) } else { None },
        ping: Some(ping::<S>),
        statistics: if S::COUNTS { Some(statistics::<S>) } else { None },
        change: if S::CHANGES { Some(change::<S>) } else { None },
    };
    // SAFETY: the table is copied; its functions fit the user data, which the library destroys once.
    Owned::make(|backend, error| unsafe {
        sys::sessions_backend_new_custom(&table, into_user_data(store), Some(destroy::<S>), backend, error)
    })
}

/// A callback's call, which is answered once.
struct Call(*mut sys::sessions_custom_call);

impl Call {
    fn time_left(&self) -> Duration {
        // SAFETY: the call is not answered yet.
        let left = unsafe { sys::sessions_custom_time_left_ms(self.0) };
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }

    /// Asks the store, and answers what `answer` does not with its failure.
    fn answer<T>(
        self,
        ask: impl FnOnce(Duration) -> Result<T, StoreError>,
        answer: impl FnOnce(*mut sys::sessions_custom_call, T),
    ) {
        let left = self.time_left();
        let failure = match panic::catch_with_message(|| ask(left)) {
            Ok(Ok(result)) => return answer(self.0, result),
            Ok(Err(failure)) => failure,
            Err(message) => StoreError::new(Status::CALLBACK, message),
        };
        // SAFETY: the call is answered here, and the message is copied.
        unsafe {
            sys::sessions_custom_failed(
                self.0,
                failure.status.as_i32(),
                failure.message.as_ptr().cast(),
                failure.message.len(),
            );
        }
    }

    fn answer_done(self, ask: impl FnOnce(Duration) -> Result<bool, StoreError>) {
        self.answer(ask, |call, is_done| {
            // SAFETY: the call is answered once.
            unsafe {
                if is_done {
                    sys::sessions_custom_done(call);
                } else {
                    sys::sessions_custom_conflict(call);
                }
            }
        });
    }

    fn answer_counted(self, ask: impl FnOnce() -> Result<Counted, StoreError>) {
        self.answer(
            |_| ask(),
            // SAFETY: the call is answered once.
            |call, counted| unsafe { sys::sessions_custom_counted(call, counted.blobs, counted.bytes) },
        );
    }
}

/// The store, and the key that a callback was given.
unsafe fn store_of<'a, S: Store>(user_data: *mut c_void) -> &'a S {
    // SAFETY: the user data is an S, which lives as long as calls are not answered.
    unsafe { &*user_data.cast() }
}

unsafe fn key_of<'a>(key: *const c_uchar) -> &'a [u8; KEY_BYTES] {
    // SAFETY: keys always have so many bytes, and live until the answer.
    unsafe { &*key.cast() }
}

unsafe extern "C" fn get<S: Store>(user_data: *mut c_void, key: *const c_uchar, call: *mut sys::sessions_custom_call) {
    // SAFETY: what the library passes to its callbacks; the call is answered once.
    unsafe {
        let (store, key) = (store_of::<S>(user_data), key_of(key));
        Call(call).answer(
            |left| store.get(key, left),
            |call, found| match found {
                Some(blob) => {
                    sys::sessions_custom_found(call, blob.bytes.as_ptr().cast(), blob.bytes.len(), blob.version);
                }
                None => sys::sessions_custom_missing(call),
            },
        );
    }
}

#[allow(clippy::too_many_arguments)]
unsafe extern "C" fn put<S: Store>(
    user_data: *mut c_void,
    key: *const c_uchar,
    blob: *const c_void,
    blob_len: usize,
    expected: u64,
    version: u64,
    expires: i64,
    now: i64,
    ended: i32,
    call: *mut sys::sessions_custom_call,
) {
    // SAFETY: as above.
    unsafe {
        let (store, key, bytes) = (store_of::<S>(user_data), key_of(key), bytes(blob.cast(), blob_len));
        let put = Put { bytes, expected, version, expires, now, ended: ended != 0 };
        Call(call).answer_done(|left| store.put(key, put, left));
    }
}

unsafe extern "C" fn remove<S: Store>(
    user_data: *mut c_void,
    key: *const c_uchar,
    expected: u64,
    call: *mut sys::sessions_custom_call,
) {
    // SAFETY: as above.
    unsafe {
        let (store, key) = (store_of::<S>(user_data), key_of(key));
        Call(call).answer_done(|left| store.remove(key, expected, left));
    }
}

unsafe extern "C" fn change<S: Store>(
    user_data: *mut c_void,
    key: *const c_uchar,
    call: *mut sys::sessions_custom_call,
) {
    // SAFETY: as above.
    unsafe {
        let (store, key) = (store_of::<S>(user_data), key_of(key));
        Call(call).answer_done(|left| store.change(key, Decision { call, under_way: PhantomData }, left));
    }
}

unsafe extern "C" fn sweep<S: Store>(
    user_data: *mut c_void,
    most: i64,
    now: i64,
    call: *mut sys::sessions_custom_call,
) {
    // SAFETY: as above.
    let store = unsafe { store_of::<S>(user_data) };
    Call(call).answer_counted(|| store.sweep(most, now));
}

unsafe extern "C" fn ping<S: Store>(user_data: *mut c_void, call: *mut sys::sessions_custom_call) {
    // SAFETY: as above.
    let store = unsafe { store_of::<S>(user_data) };
    Call(call).answer_done(|left| store.ping(left).map(|()| true));
}

unsafe extern "C" fn statistics<S: Store>(user_data: *mut c_void, call: *mut sys::sessions_custom_call) {
    // SAFETY: as above.
    let store = unsafe { store_of::<S>(user_data) };
    Call(call).answer_counted(|| store.statistics());
}
