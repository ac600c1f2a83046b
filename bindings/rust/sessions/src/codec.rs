//! The host's own serializer.

use crate::{panic, Result, Status};
use sessions_sys as sys;
use std::ffi::c_void;

/// A serializer of your own for session content on its way out of the process: to compress it, to encrypt it, or to
/// share sessions with programs that write another format. `<sessions/codec.h>` says which backends use it for what.
///
/// Called from any thread that loads or commits a session, from several at once.
pub trait Codec: Send + Sync + 'static {
    /// Turns JSON text into bytes: of an object, or on stores that keep fields of any value.
    fn encode(&self, json: &str) -> Result<Vec<u8>, Status>;

    /// Turns bytes that [`Codec::encode`] has made, or anything that somebody has put into a cookie, back into JSON
    /// text.
    fn decode(&self, bytes: &[u8]) -> Result<String, Status>;
}

pub(crate) fn table<C: Codec>() -> sys::sessions_codec {
    sys::sessions_codec { size: size_of::<sys::sessions_codec>(), encode: Some(encode::<C>), decode: Some(decode::<C>) }
}

unsafe extern "C" fn encode<C: Codec>(
    user_data: *mut c_void,
    data: *const c_void,
    len: usize,
    out: *mut sys::sessions_bytes,
) -> sys::sessions_status {
    // SAFETY: the user data is a C, which lives as long as it may be called; the data is alive during the call.
    unsafe {
        let codec = &*user_data.cast::<C>();
        let Ok(json) = crate::handle::text(data.cast(), len) else {
            return sys::SESSIONS_E_CALLBACK;
        };
        append(panic::catch(|| codec.encode(json)), out)
    }
}

unsafe extern "C" fn decode<C: Codec>(
    user_data: *mut c_void,
    data: *const c_void,
    len: usize,
    out: *mut sys::sessions_bytes,
) -> sys::sessions_status {
    // SAFETY: as above.
    unsafe {
        let codec = &*user_data.cast::<C>();
        let bytes = crate::handle::bytes(data.cast(), len);
        append(panic::catch(|| codec.decode(bytes)), out)
    }
}

unsafe fn append<T: AsRef<[u8]>>(
    made: Option<Result<T, Status>>,
    out: *mut sys::sessions_bytes,
) -> sys::sessions_status {
    match made {
        // SAFETY: inside the callback that received `out`.
        Some(Ok(made)) => unsafe {
            let made = made.as_ref();
            sys::sessions_bytes_append(out, made.as_ptr().cast(), made.len())
        },
        // A success would be taken for one.
        Some(Err(status)) if status.as_i32() != sys::SESSIONS_OK => status.as_i32(),
        _ => sys::SESSIONS_E_CALLBACK,
    }
}
