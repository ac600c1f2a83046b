//! Finds libsessions, or builds it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=SESSIONS_LIB_DIR");
    println!("cargo:rerun-if-env-changed=SESSIONS_STATIC");
    if let Some(directory) = env::var_os("SESSIONS_LIB_DIR") {
        use_directory(Path::new(&directory));
        return;
    }
    let is_static = env::var_os("SESSIONS_STATIC").is_some();
    let version = env::var("CARGO_PKG_VERSION").expect("cargo sets it");
    let found = pkg_config::Config::new().atleast_version(&version).statik(is_static).probe("sessions");
    let Err(not_found) = found else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    if !root.join("include/sessions.h").exists() {
        panic!("libsessions is not installed: install it, or name its directory in SESSIONS_LIB_DIR\n{not_found}");
    }
    let built = build(&root);
    use_directory(&built);
}

/// Links the library of a directory: the shared one when there is one.
fn use_directory(directory: &Path) {
    println!("cargo:rustc-link-search=native={}", directory.display());
    if directory.join("libsessions.so").exists() {
        println!("cargo:rustc-link-lib=dylib=sessions");
        return;
    }
    println!("cargo:rustc-link-lib=static=sessions");
    // What it needs itself stands in the file for pkg-config, as installed or as CMake has written it while building.
    let described = ["pkgconfig/sessions.pc", "sessions.pc.in"].map(|name| directory.join(name));
    let pc_file = described.iter().find(|path| path.exists());
    for library in libraries_of(pc_file.expect("a static library has its sessions.pc beside it")) {
        println!("cargo:rustc-link-lib=dylib={library}");
    }
}

/// The libraries that a static libsessions needs, in the order of linking.
fn libraries_of(pc_file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(pc_file).unwrap_or_else(|error| panic!("{}: {error}", pc_file.display()));
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("").to_owned();
    let mut libraries = Vec::new();
    for required in field("Requires.private:").split(',') {
        let module = required.split_whitespace().next().unwrap_or("");
        if module.is_empty() {
            continue;
        }
        let found =
            pkg_config::Config::new().cargo_metadata(false).probe(module).unwrap_or_else(|error| panic!("{error}"));
        for path in &found.link_paths {
            println!("cargo:rustc-link-search=native={}", path.display());
        }
        libraries.extend(found.libs);
    }
    let private = field("Libs.private:");
    libraries.extend(private.split_whitespace().filter_map(|word| word.strip_prefix("-l")).map(str::to_owned));
    libraries
}

/// Builds the static library of the checkout below cargo's own output.
fn build(root: &Path) -> PathBuf {
    for part in ["CMakeLists.txt", "sessions.pc.in", "include", "src"] {
        println!("cargo:rerun-if-changed={}", root.join(part).display());
    }
    let directory = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("libsessions");
    let jobs = env::var("NUM_JOBS").unwrap_or_else(|_| "2".to_owned());
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(root).arg("-B").arg(&directory).args([
        "-DCMAKE_BUILD_TYPE=Release",
        "-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG",
        "-DBUILD_SHARED_LIBS=OFF",
    ]);
    run(&mut configure);
    run(Command::new("cmake").arg("--build").arg(&directory).args(["--target", "sessions", "--parallel", &jobs]));
    directory
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?} failed: {status}");
}
