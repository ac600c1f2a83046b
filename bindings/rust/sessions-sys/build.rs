//! Finds libsessions, or builds it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{exit, Command};

fn main() {
    let wants_static = variable("SESSIONS_STATIC").is_some_and(|value| value != "0");
    if let Some(directory) = variable("SESSIONS_LIB_DIR") {
        let directory = std::path::absolute(directory).unwrap_or_else(|error| fail(&error));
        use_directory(&directory, wants_static);
        return;
    }
    let version = env::var("CARGO_PKG_VERSION").expect("cargo sets it");
    let mut installed = pkg_config::Config::new();
    installed.atleast_version(&version).cargo_metadata(false);
    let not_found = match installed.statik(false).probe("sessions") {
        Ok(found) => return use_installed(&found, &mut installed, wants_static),
        Err(not_found) => not_found,
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    if !root.join("include/sessions.h").exists() {
        fail(&format_args!(
            "libsessions is not installed: install it, or name its directory in SESSIONS_LIB_DIR\n{not_found}"
        ));
    }
    use_directory(&build(&root), true);
}

/// A variable of the environment that is set to something.
fn variable(name: &str) -> Option<OsString> {
    println!("cargo:rerun-if-env-changed={name}");
    env::var_os(name).filter(|value| !value.is_empty())
}

fn fail(why: &dyn std::fmt::Display) -> ! {
    eprintln!("error: {why}");
    exit(1);
}

/// Links the library of a directory.
fn use_directory(directory: &Path, wants_static: bool) {
    if link(&[directory.to_owned()], wants_static) == Kind::Shared {
        return;
    }
    // What it needs itself stands in the file for pkg-config, as installed or as CMake has written it while building.
    let described = ["pkgconfig/sessions.pc", "sessions.pc.in"].map(|name| directory.join(name));
    let Some(pc_file) = described.iter().find(|path| path.exists()) else {
        let [installed, built] = described.map(|path| path.display().to_string());
        fail(&format_args!(
            "what libsessions.a needs is in neither {installed} nor {built}: name the directory that it was built in, or \
             installed to"
        ));
    };
    link_shared(&libraries_of(pc_file));
}

/// Links the library that pkg-config has found.
fn use_installed(found: &pkg_config::Library, config: &mut pkg_config::Config, wants_static: bool) {
    if link(&found.link_paths, wants_static) == Kind::Shared {
        return;
    }
    let found = config.statik(true).probe("sessions").unwrap_or_else(|error| fail(&error));
    search(&found.link_paths);
    link_shared(&found.libs.into_iter().filter(|name| name != "sessions").collect::<Vec<_>>());
}

#[derive(PartialEq)]
enum Kind {
    Shared,
    Static,
}

/// Links the library of some directories: the shared one, unless only the static one is there, or is asked for.
fn link(directories: &[PathBuf], wants_static: bool) -> Kind {
    let place_of = |file: &str| directories.iter().find(|directory| directory.join(file).exists());
    let shared = if wants_static { None } else { place_of("libsessions.so") };
    if let Some(place) = shared {
        search(&[place]);
        link_shared(&["sessions"]);
        return Kind::Shared;
    }
    let Some(place) = place_of("libsessions.a") else {
        let looked_in: Vec<_> = directories.iter().map(|directory| directory.display().to_string()).collect();
        let looked_in = looked_in.join(", ");
        if wants_static {
            fail(&format_args!(
                "SESSIONS_STATIC asks for libsessions.a, which is not in {looked_in}: build libsessions with \
                 -DBUILD_SHARED_LIBS=OFF, or unset SESSIONS_STATIC"
            ));
        }
        fail(&format_args!(
            "neither libsessions.so nor libsessions.a is in {looked_in}: name the directory of one of them in \
             SESSIONS_LIB_DIR"
        ));
    };
    search(&[place]);
    println!("cargo:rustc-link-lib=static=sessions");
    Kind::Static
}

fn search(directories: &[impl AsRef<Path>]) {
    for directory in directories {
        println!("cargo:rustc-link-search=native={}", directory.as_ref().display());
    }
}

fn link_shared(libraries: &[impl AsRef<str>]) {
    for library in libraries {
        println!("cargo:rustc-link-lib=dylib={}", library.as_ref());
    }
}

/// The libraries that a static libsessions needs, in the order of linking.
fn libraries_of(pc_file: &Path) -> Vec<String> {
    let text =
        std::fs::read_to_string(pc_file).unwrap_or_else(|error| fail(&format_args!("{}: {error}", pc_file.display())));
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("").to_owned();
    let mut libraries = Vec::new();
    for required in field("Requires.private:").split(',') {
        let module = required.split_whitespace().next().unwrap_or("");
        if module.is_empty() {
            continue;
        }
        let found = pkg_config::Config::new().cargo_metadata(false).probe(module).unwrap_or_else(|error| fail(&error));
        search(&found.link_paths);
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
    let status = command.status().unwrap_or_else(|error| fail(&format_args!("{command:?}: {error}")));
    if !status.success() {
        fail(&format_args!("{command:?} failed: {status}"));
    }
}
