//! One request's session: in C calls, and through the safe crate.

use crate::Program;
use sessions::{Backend, Config, Manager};
use sessions_sys as sys;
use std::hint::black_box;
use std::ptr;

const KEY: &str = "a key of this benchmark, long enough";

/// 350 bytes, of which one key is counted up.
fn content() -> String {
    format!(
        r#"{{"user":"{}","theme":"dark","csrf":"{}","count":12345,"last":"2026-01-01"}}"#,
        "u".repeat(60),
        "c".repeat(190)
    )
}

fn manager(backend: &str) -> Manager {
    let mut config = Config::new().unwrap();
    config.set_plain_http().unwrap();
    if backend == "signed-cookie:" {
        config.add_key(KEY).unwrap();
    }
    Manager::new(&Backend::open(backend).unwrap(), &config).unwrap()
}

fn cookie(session: &mut sessions::Session) -> String {
    session.replace_with_json(&content()).unwrap();
    let line = session.commit().unwrap().next().unwrap();
    line.split(';').next().unwrap().to_owned()
}

pub fn programs(backend: &'static str) -> Vec<Program<'static>> {
    let manager = manager(backend);
    let own_cookie = cookie(&mut manager.load("").unwrap());
    let bare = BareManager::new(backend);
    // In a cookie it is the same; a store knows its own only.
    let bare_cookie = bare.first_cookie();
    vec![
        Program { name: "C", work: Box::new(move |count| (0..count).for_each(|_| bare.request(&bare_cookie))) },
        Program { name: "Rust", work: Box::new(move |count| (0..count).for_each(|_| request(&manager, &own_cookie))) },
    ]
}

fn request(manager: &Manager, cookie: &str) {
    let mut session = manager.load(cookie).unwrap();
    let count = session.get::<i64>("count").unwrap().unwrap_or(0);
    session.set("count", count + 1).unwrap();
    for line in session.commit().unwrap() {
        black_box(line);
    }
}

struct BareManager(*mut sys::sessions_manager);

fn ok(status: sys::sessions_status) {
    assert_eq!(status, sys::SESSIONS_OK);
}

/// As a C program does it.
impl BareManager {
    fn new(url: &str) -> Self {
        let (mut backend, mut config, mut manager) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: as the headers say.
        unsafe {
            ok(sys::sessions_backend_open(url.as_ptr().cast(), url.len(), &mut backend, ptr::null_mut()));
            ok(sys::sessions_config_new(&mut config));
            ok(sys::sessions_config_set_plain_http(config, ptr::null_mut()));
            if url == "signed-cookie:" {
                ok(sys::sessions_config_add_key(config, KEY.as_ptr().cast(), KEY.len(), ptr::null_mut()));
            }
            ok(sys::sessions_manager_new(backend, config, &mut manager, ptr::null_mut()));
            sys::sessions_config_free(config);
            sys::sessions_backend_free(backend);
        }
        Self(manager)
    }

    fn first_cookie(&self) -> String {
        let (mut session, mut line, mut len, content) = (ptr::null_mut(), ptr::null(), 0, content());
        // SAFETY: as above.
        unsafe {
            ok(sys::sessions_manager_load(self.0, ptr::null(), 0, &mut session, ptr::null_mut()));
            ok(sys::sessions_session_from_json(session, content.as_ptr().cast(), content.len(), ptr::null_mut()));
            ok(sys::sessions_session_commit(session, ptr::null_mut()));
            ok(sys::sessions_session_cookie_line(session, 0, &mut line, &mut len));
            let line = String::from_utf8_lossy(std::slice::from_raw_parts(line.cast(), len)).into_owned();
            sys::sessions_session_free(session);
            line.split(';').next().unwrap().to_owned()
        }
    }

    fn request(&self, cookie: &str) {
        let (mut session, mut error, mut count) = (ptr::null_mut(), ptr::null_mut(), 0);
        let key = "count";
        // SAFETY: as above.
        unsafe {
            ok(sys::sessions_manager_load(self.0, cookie.as_ptr().cast(), cookie.len(), &mut session, &mut error));
            ok(sys::sessions_session_get_int64(session, key.as_ptr().cast(), key.len(), &mut count));
            ok(sys::sessions_session_set_int64(session, key.as_ptr().cast(), key.len(), count + 1));
            ok(sys::sessions_session_commit(session, &mut error));
            for index in 0..sys::sessions_session_cookie_count(session) {
                let (mut line, mut len) = (ptr::null(), 0);
                ok(sys::sessions_session_cookie_line(session, index, &mut line, &mut len));
                black_box((line, len));
            }
            sys::sessions_session_free(session);
        }
    }
}

impl Drop for BareManager {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe { sys::sessions_manager_free(self.0) };
    }
}
